import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Schemas } from "../../src/portal/http";
import { Notices } from "../../src/portal/notices";
import { addRule, NEW_RULE, planOf, removeRule, together, withSteps } from "../../src/portal/ringing/document";
import { useEditing, useRingPlan } from "../../src/portal/ringing/use-plan";
import { PortalContext, PortalWordsContext, type Portal } from "../../src/portal/surroundings";
import { ApiProblem } from "../../src/session/api";
import { sayInPortal } from "../../src/words/portal";

type Document = Schemas["PlanDocument"];
interface Sent {
  readonly params: { readonly header?: { "If-Match": string } };
  readonly body?: Document;
}

/** A platform with one plan, which takes a change only against what it has. */
class Platform {
  draft: Document | null = null;
  version = 1;

  #answer(change: (() => void) | null, sent: Sent) {
    if (change !== null) {
      if (sent.params.header?.["If-Match"] !== `"${this.version}"`)
        return Promise.reject(new ApiProblem(412, "changed_meanwhile"));
      change();
      this.version += 1;
    }
    const version = (plan: Document) => ({ plan, zone: "UTC", week: [], at: "", by: "Anna", sentences: [] });
    const data = {
      owner: { kind: "group", id: "group_1", name: "Empfang" },
      ...{ place_id: "p", place: "", place_path: "/", zone: "UTC", undoable: false, faults: [], members: [] },
      in_force: version({ rules: [], otherwise: together([]) }),
      draft: this.draft === null ? null : version(this.draft),
      limits: {},
    };
    return Promise.resolve({ data, response: new Response(null, { headers: { etag: `"${this.version}"` } }) });
  }

  readonly GET = (_: string, sent: Sent) => this.#answer(null, sent);
  readonly PUT = (_: string, sent: Sent) =>
    this.#answer(() => {
      this.draft = sent.body ?? null;
    }, sent);
  readonly DELETE = (_: string, sent: Sent) =>
    this.#answer(() => {
      this.draft = null;
    }, sent);
  readonly POST = this.DELETE;
}

afterEach(cleanup);

async function editing() {
  const platform = new Platform();
  const notices = new Notices();
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const portal = { client: platform, notices, me: { rights: { "ring_plans.configure": ["/"] } } } as unknown as Portal;
  const around = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={queries}>
      <PortalWordsContext value={{ language: "en", say: (key, values) => sayInPortal("en", key, values) }}>
        <PortalContext value={portal}>{children}</PortalContext>
      </PortalWordsContext>
    </QueryClientProvider>
  );
  const asked = renderHook(() => useRingPlan("group_1"), { wrapper: around });
  await waitFor(() => expect(asked.result.current.data).toBeDefined());
  const plan = renderHook(
    () => {
      const { data } = useRingPlan("group_1");
      if (data === undefined) throw new Error("it was there");
      return useEditing(data, "group_1");
    },
    { wrapper: around },
  );
  const settled = () => waitFor(() => expect(plan.result.current.working).toBe(false));
  return { platform, notices, plan: plan.result, settled };
}

const anna = together([{ kind: "user", id: "user_1" }]);

describe("editing a ring plan", () => {
  it("keeps several quick changes one after another, each against the one before", async () => {
    const { platform, notices, plan, settled } = await editing();
    act(() => {
      plan.current.edit(withSteps("otherwise", anna));
      plan.current.edit(addRule(NEW_RULE));
    });
    expect(plan.current.plan.rules).toHaveLength(1); // at once
    await settled();
    expect(platform.draft).toEqual({ ...planOf(platform.draft), otherwise: anna, rules: [NEW_RULE] });
    expect(notices.shown()).toEqual([]);
  });

  it("takes its changes back one by one, until there is no draft", async () => {
    const { platform, plan, settled } = await editing();
    act(() => plan.current.edit(withSteps("otherwise", anna)));
    await settled();
    act(() => plan.current.edit(addRule(NEW_RULE)));
    await settled();
    act(() => plan.current.undo?.());
    await settled();
    expect(planOf(platform.draft).rules).toEqual([]);
    act(() => plan.current.undo?.());
    await settled();
    expect([platform.draft, plan.current.drafted, plan.current.undo]).toEqual([null, false, null]);
  });

  it("goes by what is there when a way back is taken later", async () => {
    const { platform, notices, plan, settled } = await editing();
    act(() => plan.current.edit(addRule(NEW_RULE)));
    await settled();
    const then = plan.current; // as it was when the way back was made
    act(() => then.edit(removeRule(0)));
    await settled();
    act(() => then.edit(addRule(NEW_RULE, 0)));
    await settled();
    expect(planOf(platform.draft).rules).toEqual([NEW_RULE]);
    act(() => plan.current.throwAway());
    await settled();
    act(() => notices.shown().at(-1)?.undo?.());
    await settled();
    expect(planOf(platform.draft).rules).toEqual([NEW_RULE]);
    expect(notices.shown().every(({ bad }) => !bad)).toBe(true);
  });

  it("overwrites nobody's change: it says so, and shows what is there", async () => {
    const { platform, notices, plan, settled } = await editing();
    platform.draft = { rules: [NEW_RULE, NEW_RULE] };
    platform.version += 1;
    act(() => plan.current.edit(withSteps("otherwise", anna)));
    await settled();
    expect(platform.draft.rules).toHaveLength(2);
    expect(notices.shown().map(({ key }) => key)).toEqual(["problem.changed_meanwhile"]);
    await vi.waitFor(() => expect(plan.current.plan.rules).toHaveLength(2));
  });
});
