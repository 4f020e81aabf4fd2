// How somebody signs in, for whoever helps them when they lost what they sign in with.
import { useQuery } from "@tanstack/react-query";
import { StateMark } from "../../parts/state-mark";
import { useAct } from "../act";
import type { Schemas } from "../http";
import { DeedButton } from "../parts/deed-button";
import { Card } from "../parts/page";
import { signInOf } from "../queries";
import { usePortal, useWords } from "../surroundings";

type Part = "second-factor" | "passkeys";

export function PersonSignIn({ user }: { user: Schemas["UserItem"] }) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const { data } = useQuery(signInOf(client, user.id));
  const remove = useAct(
    (part: Part) => {
      const path = { params: { path: { user_id: user.id } } };
      return part === "passkeys"
        ? client.DELETE("/api/v1/users/{user_id}/passkeys", path)
        : client.DELETE("/api/v1/users/{user_id}/second-factor", path);
    },
    ["people", "audit"],
    (_, part) =>
      notices.tell(part === "passkeys" ? "sign.passkeys.removed" : "sign.factor.removed", { name: user.name }),
  );
  if (data === undefined || data === null) return null; // not known yet, or not theirs to change
  const { second_factor: factor, passkeys } = data;
  const removal = (part: Part, label: "sign.factor.remove" | "sign.passkeys.remove") => (
    <DeedButton
      label={say(label)}
      sure={say("do.remove.sure")}
      working={remove.working}
      onDeed={() => remove.run(part)}
    />
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
