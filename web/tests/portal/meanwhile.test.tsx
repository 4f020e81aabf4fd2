import { useState } from "react";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ChangedMeanwhile, ifUnchanged, Meanwhile, useBase } from "../../src/portal/meanwhile";
import { refusalOf } from "../../src/portal/problem";
import { PortalWordsContext } from "../../src/portal/surroundings";
import { ApiProblem } from "../../src/session/api";
import { sayInPortal } from "../../src/words/portal";

interface Thing {
  name: string;
  rights: number;
}

/** A thing on the platform: read with its ETag, changed only with the one that it has. */
function platform(thing: Thing) {
  let version = 1;
  const sent: string[] = [];
  return {
    sent,
    thing,
    somebodyElse: (change: Partial<Thing>) => {
      Object.assign(thing, change);
      version += 1;
    },
    read: vi.fn(() =>
      Promise.resolve({ data: { ...thing }, response: new Response(null, { headers: { etag: `"${version}"` } }) }),
    ),
    rename: (name: string) => (match: { "If-Match": string }) => {
      sent.push(match["If-Match"]);
      if (match["If-Match"] !== `"${version}"`) return Promise.reject(new ApiProblem(412, "changed_meanwhile"));
      thing.name = name;
      version += 1;
      return Promise.resolve(name);
    },
  };
}

describe("a change of what somebody was shown", () => {
  it("goes out with the ETag that it was shown with, and asks nothing first", async () => {
    const there = platform({ name: "Gate", rights: 1 });
    await ifUnchanged(there.read, { name: "Gate" }, there.rename("Door"), '"1"');
    expect([there.sent, there.thing.name]).toEqual([['"1"'], "Door"]);
    expect(there.read).not.toHaveBeenCalled();
  });

  it("is not made over what somebody else changed, and says what is there now", async () => {
    const there = platform({ name: "Gate", rights: 1 });
    there.somebodyElse({ name: "Portal" });
    for (const etag of ['"1"', null]) {
      const refused = ifUnchanged(there.read, { name: "Gate" }, there.rename("Door"), etag);
      await expect(refused).rejects.toBeInstanceOf(ChangedMeanwhile);
      const reason: unknown = await refused.catch((problem: unknown) => problem);
      expect(refusalOf(reason)).toMatchObject({ key: "problem.changed_meanwhile", newest: { name: "Portal" } });
    }
    expect(there.thing.name).toBe("Portal");
  });

  it("goes on when something else of the thing has changed", async () => {
    const there = platform({ name: "Gate", rights: 1 });
    there.somebodyElse({ rights: 2 });
    await ifUnchanged(there.read, { name: "Gate" }, there.rename("Door"), '"1"');
    expect([there.sent, there.thing]).toEqual([['"1"', '"2"'], { name: "Door", rights: 2 }]);
  });

  it("of what a list showed reads the ETag first", async () => {
    const there = platform({ name: "Gate", rights: 1 });
    await ifUnchanged(there.read, { name: "Gate" }, there.rename("Door"));
    expect(there.sent).toEqual(['"1"']);
  });

  it("gives up when it never comes through", async () => {
    const there = platform({ name: "Gate", rights: 1 });
    const never = vi.fn(() => Promise.reject(new ApiProblem(412, "changed_meanwhile")));
    await expect(ifUnchanged(there.read, { name: "Gate" }, never)).rejects.toMatchObject({ code: "changed_meanwhile" });
    expect(never).toHaveBeenCalledTimes(3);
  });
});

describe("a form that somebody else was faster than", () => {
  afterEach(cleanup);

  it("says what is there now, keeps what was entered, and holds the next try against what it said", async () => {
    const there = platform({ name: "Gate", rights: 1 });
    function Form() {
      const base = useBase<Thing>({ name: "Gate", rights: 1 });
      const [name, setName] = useState("Gate");
      const save = (): void => {
        ifUnchanged(there.read, { name: base.shown.name }, there.rename(name)).catch((reason: unknown) => {
          act(() => void base.refused(refusalOf(reason)));
        });
      };
      return (
        <>
          <Meanwhile now={base.newest?.name ?? null} />
          <input aria-label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <button onClick={save}>Save</button>
        </>
      );
    }
    render(
      <PortalWordsContext value={{ language: "en", say: (key, values) => sayInPortal("en", key, values) }}>
        <Form />
      </PortalWordsContext>,
    );
    there.somebodyElse({ name: "Portal" });
    fireEvent.change(screen.getByLabelText("Name"), { target: { value: "Door" } });
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText(/Now it is: Portal\./)).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Door");
    fireEvent.click(screen.getByRole("button", { name: "Save" }));
    await vi.waitFor(() => expect(there.thing.name).toBe("Door"));
  });

  it("has nothing to say when nobody was", () => {
    render(
      <PortalWordsContext value={{ language: "de", say: (key, values) => sayInPortal("de", key, values) }}>
        <Meanwhile now={null} />
      </PortalWordsContext>,
    );
    expect(screen.getByRole("alert").textContent).toBe("");
  });
});
