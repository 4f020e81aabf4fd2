// How somebody signs in, for whoever helps them when they lost what they sign in with.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { useAct } from "../act";
import type { Schemas } from "../http";
import { Card } from "../parts/page";
import { signInOf } from "../queries";
import { usePortal, useWords } from "../surroundings";

type Part = "second-factor" | "passkeys";

export function PersonSignIn({ user }: { user: Schemas["UserItem"] }) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const { data } = useQuery(signInOf(client, user.id));
  const [leaving, setLeaving] = useState<ReadonlySet<Part>>(new Set());
  const back = (part: Part): void => setLeaving((left) => new Set([...left].filter((each) => each !== part)));
  const remove = useAct(
    async (part: Part) => {
      const path = { params: { path: { user_id: user.id } } };
      await (
        part === "passkeys"
          ? client.DELETE("/api/v1/users/{user_id}/passkeys", path)
          : client.DELETE("/api/v1/users/{user_id}/second-factor", path)
      ).finally(() => back(part));
    },
    ["people", "audit"],
  );
  if (data === undefined || data === null) return null; // not known yet, or not theirs to change
  const withdraw = (part: Part): void => {
    setLeaving((left) => new Set([...left, part]));
    notices.promise(
      part === "passkeys" ? "sign.passkeys.removed" : "sign.factor.removed",
      { name: user.name },
      () => remove.run(part),
      () => back(part),
    );
  };
  const factor = data.second_factor && !leaving.has("second-factor");
  const passkeys = leaving.has("passkeys") ? 0 : data.passkeys;
  const removal = (part: Part, label: "sign.factor.remove" | "sign.passkeys.remove") => (
    <button type="button" className="btn sm" onClick={() => withdraw(part)}>
      {say(label)}
    </button>
  );
  return (
    <Card title={say("sign.title")} lead={say("sign.lead")} flush>
      <table className="p-table">
        <tbody>
          <tr>
            <td>
              <b>{say("factor.title")}</b>
            </td>
            <td>
              <span className="p-state">
                <StateMark state={factor ? "online" : "offline"} />
                {say(factor ? "sign.factor.on" : "sign.factor.off")}
              </span>
            </td>
            <td className="p-end">{factor && removal("second-factor", "sign.factor.remove")}</td>
          </tr>
          <tr>
            <td>
              <b>{say("passkey.title")}</b>
            </td>
            <td>{passkeys === 0 ? say("sign.passkeys.none") : passkeys}</td>
            <td className="p-end">{passkeys > 0 && removal("passkeys", "sign.passkeys.remove")}</td>
          </tr>
        </tbody>
      </table>
    </Card>
  );
}
