// A new contact or ring group.
import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useAct } from "../act";
import { held, wish, type Schemas } from "../http";
import { Dialog } from "../parts/dialog";
import { PlacePicker } from "../parts/pickers";
import { useWrong } from "../parts/wrong";
import { usePortal, useWords } from "../surroundings";
import { RENEWED, type Party, type PartyKind } from "./parties";

interface Props {
  readonly kind: PartyKind;
  /** Where it will be unless another place is chosen. */
  readonly at?: Schemas["PlaceItem"];
  readonly onClose: () => void;
  readonly onMade?: (made: Party) => void;
}

export function AddParty({ kind, at, onClose, onMade }: Props) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  const [key] = useState(wish);
  const [name, setName] = useState("");
  const [company, setCompany] = useState("");
  const [placeId, setPlaceId] = useState<string | null>(at?.id ?? null);
  const wrong = useWrong("name", "company_name", "place_id");
  const add = useAct(
    (body: Schemas["NewContact"]): Promise<Party> => {
      const header = { "Idempotency-Key": key };
      if (kind === "contact") return held(client.POST("/api/v1/contacts", { body, params: { header } }));
      const { name: called, place_id: there } = body;
      return held(client.POST("/api/v1/ring-groups", { body: { name: called, place_id: there }, params: { header } }));
    },
    RENEWED,
    (made) => {
      notices.tell("place.added", { name: made.name });
      onClose();
      onMade?.(made);
    },
    wrong.refused,
  );
  return (
    <Dialog
      title={say(`party.add.${kind}`)}
      lead={say(`party.add.lead.${kind}`)}
      opened
      onClose={onClose}
      deed={say("do.add")}
      working={add.working}
      ready={name.trim() !== "" && placeId !== null}
      lacks={say(name.trim() === "" ? "lacks.name" : "lacks.place")}
      onDeed={() => {
        wrong.found({});
        if (placeId !== null) add.run({ name: name.trim(), company_name: company.trim(), place_id: placeId });
      }}
    >
      <TextInput
        label={say("field.name")}
        description={say(`party.name.hint.${kind}`)}
        value={name}
        error={wrong.at("name")}
        maxLength={120}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      {kind === "contact" && (
        <TextInput
          label={say("contact.company")}
          value={company}
          error={wrong.at("company_name")}
          maxLength={120}
          onChange={(event) => setCompany(event.currentTarget.value)}
        />
      )}
      <PlacePicker
        label={say("field.place")}
        value={placeId}
        onChange={setPlaceId}
        {...(at === undefined ? {} : { at })}
      />
    </Dialog>
  );
}
