// Inviting somebody: the form, then the link with its code to scan.
import { Select, TextInput } from "@mantine/core";
import { useState } from "react";
import { StateMark } from "../../parts/state-mark";
import { useAct } from "../act";
import { held, wish, type Schemas } from "../http";
import { Dialog } from "../parts/dialog";
import { PlacePicker, RolePicker } from "../parts/pickers";
import { QrCode, Secret } from "../parts/secret";
import { isoTime, TimeField, useTime, useZone, wrongTimes } from "../parts/times";
import { useWrong } from "../parts/wrong";
import { useMayGive, usePortal, useWords } from "../surroundings";

interface Props {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly at?: Schemas["PlaceItem"];
}

export function InviteDialog({ opened, onClose, at }: Props) {
  const [made, setMade] = useState<Schemas["InvitationItem"] | null>(null);
  return (
    <>
      {opened && (
        <Form
          {...(at === undefined ? {} : { at })}
          onClose={onClose}
          onMade={(invitation) => {
            onClose();
            setMade(invitation);
          }}
        />
      )}
      <InvitationLink invitation={made} onClose={() => setMade(null)} />
    </>
  );
}

interface FormProps {
  readonly at?: Schemas["PlaceItem"];
  readonly onClose: () => void;
  readonly onMade: (invitation: Schemas["InvitationItem"]) => void;
}

function Form({ at, onClose, onMade }: FormProps) {
  const zone = useZone();
  const { say, language } = useWords();
  const { client, me } = usePortal();
  const mayGive = useMayGive();
  const [key] = useState(wish);
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [roleId, setRoleId] = useState<string | null>("role_operator");
  const [placeId, setPlaceId] = useState<string | null>(at?.id ?? me.company.id);
  const [spoken, setSpoken] = useState<"de" | "en">(language);
  const [ends, setEnds] = useState("");
  const wrong = useWrong("email", "name", "ends_at");
  const { run, working } = useAct(
    (body: Schemas["NewInvitation"]) =>
      held(client.POST("/api/v1/invitations", { body, params: { header: { "Idempotency-Key": key } } })),
    ["invitations", "counts"],
    (invitation) => onMade(invitation),
    wrong.refused,
  );
  const deed = (): void => {
    if (wrong.found(wrongTimes(zone, "", ends, Date.now()))) return;
    run({
      email: email.trim() === "" ? null : email.trim(),
      name: name.trim(),
      role_id: roleId ?? "role_operator",
      place_id: placeId,
      language: spoken,
      starts_at: null,
      ends_at: isoTime(zone, ends),
    });
  };
  return (
    <Dialog
      title={say("invite.title")}
      lead={say("invite.lead")}
      opened
      onClose={onClose}
      deed={say("invite.do")}
      working={working}
      ready={roleId !== null && placeId !== null}
      lacks={say(roleId === null ? "lacks.role" : "lacks.place")}
      onDeed={deed}
    >
      <TextInput
        label={say("invite.name")}
        value={name}
        error={wrong.at("name")}
        maxLength={120}
        onChange={(event) => setName(event.currentTarget.value)}
        data-autofocus
      />
      <TextInput
        label={say("invite.email")}
        type="email"
        value={email}
        error={wrong.at("email")}
        maxLength={254}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <RolePicker
        label={say("field.role")}
        value={roleId}
        onChange={setRoleId}
        only={(role) => mayGive(role, at?.path)}
      />
      {roleId?.startsWith("role_") === true && <RoleText roleId={roleId} />}
      <PlacePicker
        label={say("field.place")}
        value={placeId}
        onChange={setPlaceId}
        {...(at === undefined ? {} : { at })}
      />
      <TimeField label={say("field.ends")} value={ends} onChange={setEnds} error={wrong.at("ends_at")} />
      <Select
        label={say("field.language")}
        data={[
          { value: "de", label: "Deutsch" },
          { value: "en", label: "English" },
        ]}
        value={spoken}
        onChange={(chosen) => setSpoken(chosen === "de" ? "de" : "en")}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
      />
    </Dialog>
  );
}

const TEXTS = {
  role_owner: "role.owner.text",
  role_administrator: "role.administrator.text",
  role_configurator: "role.configurator.text",
  role_viewer: "role.viewer.text",
  role_operator: "role.operator.text",
  role_user_manager: "role.user_manager.text",
  role_support: "role.support.text",
  role_insight_viewer: "role.insight_viewer.text",
} as const;

export function RoleText({ roleId }: { roleId: string }) {
  const { say } = useWords();
  return roleId in TEXTS ? <p className="mut p-hint">{say(TEXTS[roleId as keyof typeof TEXTS])}</p> : null;
}

interface LinkProps {
  readonly invitation: Schemas["InvitationItem"] | null;
  readonly onClose: () => void;
}

export function InvitationLink({ invitation, onClose }: LinkProps) {
  const { say } = useWords();
  const time = useTime();
  if (!invitation?.link) return null;
  const name = invitation.name || invitation.email;
  const title = name ? say("invite.link", { name }) : say("invite.link.somebody");
  const lead = say("invite.link.lead", { time: time(invitation.expires_at) });
  return (
    <Dialog title={title} lead={lead} opened onClose={onClose}>
      <p className="p-state">
        <StateMark state={invitation.mailed ? "online" : "pending"} />
        <span>{say(invitation.mailed ? "invite.mailed" : "invite.mailed.not", { email: invitation.email ?? "" })}</span>
      </p>
      <QrCode text={invitation.link} name={title} />
      <Secret text={invitation.link} />
    </Dialog>
  );
}
