// "What would ring now?" for one button: the rules of real calls answer, nothing rings.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { held } from "../http";
import { Dialog } from "../parts/dialog";
import { Answer } from "../parts/page";
import { usePortal, useWords } from "../surroundings";
import type { Button } from "./bound";

export function AskButton({ stationId, button }: { stationId: string; button: Button }) {
  const { say } = useWords();
  const [asking, setAsking] = useState(false);
  return (
    <>
      <button type="button" className="btn sm" onClick={() => setAsking(true)}>
        {say("ask.now")}
        <span className="visually-hidden"> {button.label || button.name}</span>
      </button>
      {asking && (
        <Dialog
          title={say("button.ask.title", { name: button.label || button.name })}
          lead={say("ask.lead")}
          opened
          onClose={() => setAsking(false)}
        >
          <Said stationId={stationId} button={button.name} />
        </Dialog>
      )}
    </>
  );
}

function Said({ stationId, button }: { stationId: string; button: string }) {
  const { say, language } = useWords();
  const { client } = usePortal();
  const asked = useQuery({
    queryKey: ["ring-plans", "ask", stationId, button, language],
    queryFn: () => held(client.POST("/api/v1/ring-plans/ask", { body: { station_id: stationId, button, language } })),
    staleTime: 0,
  });
  const told = asked.data;
  return (
    <div aria-live="polite">
      <Answer of={asked}>
        {told !== undefined && (
          <>
            {told.finds_nobody && <p>{say("ask.nobody")}</p>}
            <ul className="p-said">
              {told.legs.map((leg, at) => (
                <li key={`leg ${at}`}>
                  <StateMark state={leg.presence === "offline" ? "offline" : "online"} />
                  <span>
                    <b>{leg.member.name ?? say("member.gone")}</b> {leg.sentence}
                  </span>
                </li>
              ))}
              {told.silences.map((one, at) => (
                <li key={`silence ${at}`}>
                  <StateMark state="offline" />
                  <span>
                    <b>{one.member.name ?? say("member.gone")}</b> {one.sentence}
                  </span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Answer>
    </div>
  );
}
