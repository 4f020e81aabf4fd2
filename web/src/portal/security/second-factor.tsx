// One's second factor: set up, its recovery codes, turned off.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { useAct } from "../act";
import { held, type Schemas } from "../http";
import { DeedButton } from "../parts/deed-button";
import { Dialog } from "../parts/dialog";
import { Answer, Card } from "../parts/page";
import { useTime } from "../parts/times";
import { secondFactor } from "../queries";
import { usePortal, useWords } from "../surroundings";
import { RecoveryCodes } from "./recovery-codes";
import { SetUpFactor } from "./set-up-factor";

const FEW_CODES = 3;

export function SecondFactor() {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const asked = useQuery(secondFactor(client));
  const [begun, setBegun] = useState<Schemas["BegunFactor"] | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [asking, setAsking] = useState(false);
  const begin = useAct(
    () => held(client.POST("/api/v1/me/second-factor")),
    ["security"],
    (made) => setBegun(made),
  );
  const renew = useAct(
    () => held(client.POST("/api/v1/me/second-factor/recovery-codes")),
    ["security"],
    (made) => setCodes(made.recovery_codes),
  );
  const remove = useAct(
    () => client.DELETE("/api/v1/me/second-factor"),
    ["security"],
    () => notices.tell("factor.removed"),
  );
  const since = asked.data?.since ?? null;
  return (
    <Card title={say("factor.title")} lead={say("factor.lead")}>
      <Answer of={asked}>
        {since !== null ? (
          <>
            <Standing since={since} left={asked.data?.recovery_codes_left ?? 0} />
            <div className="p-deeds">
              <button type="button" className="btn" onClick={() => setAsking(true)}>
                {say("codes.renew")}
              </button>
              <DeedButton
                label={say("factor.remove")}
                sure={say("factor.remove.sure")}
                working={remove.working}
                className="btn"
                onDeed={() => remove.run(undefined)}
              />
            </div>
          </>
        ) : (
          <div className="p-deeds">
            <button
              type="button"
              className="btn"
              aria-disabled={begin.working}
              onClick={() => {
                if (!begin.working) begin.run(undefined);
              }}
            >
              {say("factor.add")}
            </button>
          </div>
        )}
      </Answer>
      {begun !== null && (
        <SetUpFactor
          begun={begun}
          onClose={() => setBegun(null)}
          onCodes={(made) => {
            setBegun(null);
            setCodes(made);
          }}
        />
      )}
      {asking && (
        <Dialog
          title={say("codes.renew")}
          lead={say("codes.renew.lead")}
          opened
          onClose={() => setAsking(false)}
          deed={say("codes.renew")}
          onDeed={() => {
            setAsking(false);
            renew.run(undefined);
          }}
        >
          {null}
        </Dialog>
      )}
      {codes !== null && <RecoveryCodes codes={codes} onClose={() => setCodes(null)} />}
    </Card>
  );
}

function Standing({ since, left }: { since: string; left: number }) {
  const { say } = useWords();
  const time = useTime();
  return (
    <p className="p-states">
      <span>
        <StateMark state="online" />
        {say("factor.on", { time: time(since) })}
      </span>
      <span>
        {left <= FEW_CODES && <StateMark state="fault" />}
        {say(left === 1 ? "codes.left.one" : "codes.left", { count: left })}
      </span>
    </p>
  );
}
