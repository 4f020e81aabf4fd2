import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Allowed } from "../../src/portal/allowed";
import { PortalContext, PortalWordsContext, useMayGive, type Portal } from "../../src/portal/surroundings";
import type { Schemas } from "../../src/portal/http";
import { sayInPortal } from "../../src/words/portal";

vi.mock("@tanstack/react-router", () => ({ Link: ({ children }: { children: React.ReactNode }) => <a>{children}</a> }));

afterEach(cleanup);

function shown(rights: Schemas["Me"]["rights"], what: React.ReactNode): void {
  render(
    <PortalContext value={{ me: { rights } } as unknown as Portal}>
      <PortalWordsContext value={{ language: "en", say: (key, values) => sayInPortal("en", key, values) }}>
        {what}
      </PortalWordsContext>
    </PortalContext>,
  );
}

describe("a page for those who may see it", () => {
  it("is there for them, also with the right for a part of the company", () => {
    shown({ "keys.manage": ["/site_1/"] }, <Allowed needs="keys.manage">Keys</Allowed>);
    expect(screen.getByText("Keys")).toBeTruthy();
  });

  it("says to others which right they lack", () => {
    shown({ "people.read": ["/"] }, <Allowed needs="keys.manage">Keys</Allowed>);
    expect(screen.queryByText("Keys")).toBeNull();
    expect(screen.getByText(/right “Make API keys”/)).toBeTruthy();
    expect(screen.getByRole("heading", { level: 1 })).toBeTruthy();
  });

  it("says when it takes the right in the whole company", () => {
    const page = (
      <Allowed needs="audit.read" everywhere>
        Changes
      </Allowed>
    );
    shown({ "audit.read": ["/site_1/"] }, page);
    expect(screen.getByText(/in the whole company/)).toBeTruthy();
  });
});

describe("roles that somebody may give", () => {
  const role = (...permissions: string[]) => ({ id: "role_1", permissions }) as unknown as Schemas["RoleItem"];
  function Answer({ of, path }: { of: Schemas["RoleItem"]; path?: string }) {
    return String(useMayGive()(of, path));
  }

  it("have nothing that they lack there", () => {
    const rights = { "people.manage": ["/site_1/"], "stations.read": ["/site_1/"] };
    shown(rights, <Answer of={role("stations.read")} path="/site_1/folder_1/" />);
    shown(rights, <Answer of={role("stations.read")} path="/site_2/" />);
    shown(rights, <Answer of={role("stations.read", "company.own")} />);
    expect(document.body.textContent).toBe("truefalsefalse");
  });

  it("are those of web-client users for whoever manages these alone", () => {
    const rights = { "client_users.manage": ["/"], "people.read": ["/"] };
    shown(rights, <Answer of={role("doors.open", "calls.answer")} />);
    shown(rights, <Answer of={role("people.read")} />);
    expect(document.body.textContent).toBe("truefalse");
  });
});
