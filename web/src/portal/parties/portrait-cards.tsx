// A contact's picture and company logo: chosen, looked at, saved, removed.
import { FileButton } from "@mantine/core";
import { useState } from "react";
import { initials } from "../../parts/initials";
import { useAct } from "../act";
import { DeedButton } from "../parts/deed-button";
import { Card } from "../parts/page";
import { useMay, usePortal, useWords } from "../surroundings";
import { Drawn } from "./drawn";
import type { Contact } from "./parties";
import { asBase64, PICTURE_TYPES, sendable, usePortrait, type PortraitKind } from "./portraits";

export function Portraits({ contact }: { contact: Contact }) {
  const { say } = useWords();
  return (
    <Card title={say("portrait.title")} lead={say("portrait.lead")}>
      <div className="p-portraits">
        <One contact={contact} kind="picture" />
        <One contact={contact} kind="logo" />
      </div>
    </Card>
  );
}

function One({ contact, kind }: { contact: Contact; kind: PortraitKind }) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const may = useMay();
  const there = usePortrait(contact, kind, "large");
  const [chosen, setChosen] = useState<Blob | null>(null);
  const params = { path: { contact_id: contact.id } };
  const save = useAct(
    async (blob: Blob) => {
      const body = { data: await asBase64(blob) };
      return kind === "picture"
        ? client.PUT("/api/v1/contacts/{contact_id}/picture", { params, body })
        : client.PUT("/api/v1/contacts/{contact_id}/logo", { params, body });
    },
    ["parties"],
    () => {
      setChosen(null);
      notices.tell(`portrait.${kind}.saved`);
    },
  );
  const remove = useAct(
    () =>
      kind === "picture"
        ? client.DELETE("/api/v1/contacts/{contact_id}/picture", { params })
        : client.DELETE("/api/v1/contacts/{contact_id}/logo", { params }),
    ["parties"],
    () => notices.tell(`portrait.${kind}.removed`),
  );
  const choose = (file: File | null): void => {
    if (file === null) return;
    void sendable(file).then((blob) => {
      if (blob === null) notices.warn("problem.picture_invalid");
      setChosen(blob);
    });
  };
  const shown = chosen ?? there;
  const name = contact.company_name === "" || kind === "picture" ? contact.name : contact.company_name;
  return (
    <figure className="p-portrait">
      {shown === null ? (
        <span className={`p-portrait-none ${kind}`} aria-hidden="true">
          {kind === "picture" ? initials(contact.name) : "–"}
        </span>
      ) : (
        <Drawn blob={shown} className={kind} alt={say(`portrait.${kind}.alt`, { name })} />
      )}
      <figcaption>
        <b>{say(`portrait.${kind}`)}</b>
        {chosen !== null && <span className="mut">{say("portrait.preview")}</span>}
      </figcaption>
      {may("ring_plans.configure") && (
        <div className="p-deeds">
          {chosen === null ? (
            <>
              <FileButton onChange={choose} accept={PICTURE_TYPES.join(",")}>
                {(given) => (
                  <button type="button" className="btn sm" onClick={given.onClick}>
                    {say("portrait.choose")}
                    <span className="visually-hidden"> ({say(`portrait.${kind}`)})</span>
                  </button>
                )}
              </FileButton>
              {contact[kind] !== null && (
                <DeedButton
                  label={say("do.remove")}
                  sure={say("do.remove.sure")}
                  working={remove.working}
                  onDeed={() => remove.run(undefined)}
                />
              )}
            </>
          ) : (
            <>
              <button type="button" className="btn sm" onClick={() => setChosen(null)}>
                {say("do.cancel")}
              </button>
              <button
                type="button"
                className="btn sm pri"
                aria-disabled={save.working}
                onClick={() => {
                  if (!save.working) save.run(chosen);
                }}
              >
                {say(save.working ? "do.working" : "do.save")}
              </button>
            </>
          )}
        </div>
      )}
    </figure>
  );
}
