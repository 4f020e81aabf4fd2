// Rights as rows: who has which role where, from when until when; given, changed and taken away, with the way back.
import { useState } from "react";
import { useAct } from "../act";
import { held, wish, type Schemas } from "../http";
import { ifUnchanged, Meanwhile, useBase } from "../meanwhile";
import { DeedButton } from "../parts/deed-button";
import { useClosing } from "../parts/closing";
import { Dialog } from "../parts/dialog";
import { Finder, PlacePicker, RolePicker, roleName } from "../parts/pickers";
import { isoTime, localTime, TimeField, useTime, useZone, wrongTimes } from "../parts/times";
import { useWrong } from "../parts/wrong";
import type { Refusal } from "../problem";
import { readGrant } from "../queries";
import { useMayGive, usePortal, useWords } from "../surroundings";
import { RoleText } from "./invite";

type Grant = Schemas["GrantItem"];

const RENEWS = ["people", "grants"];

type Wish = { readonly give: Schemas["NewGrant"]; readonly key: string } | { readonly take: Grant };

/** Gives rights and takes them away; each is the other's way back. `given` is told that they were, `refused` as in `useAct`. */
export function useGrants(given: () => void = () => undefined, refused: (refusal: Refusal) => boolean = () => false) {
  const { say } = useWords();
  const { client, notices } = usePortal();
  return useAct<Wish, Grant>(
    async (asked) => {
      if ("give" in asked) {
        const params = { header: { "Idempotency-Key": asked.key } };
        return held(client.POST("/api/v1/grants", { body: asked.give, params }));
      }
      const { id, starts_at, ends_at } = asked.take;
      await ifUnchanged(readGrant(client, id), { starts_at, ends_at }, (header) =>
        client.DELETE("/api/v1/grants/{grant_id}", { params: { path: { grant_id: id }, header } }),
      );
      return asked.take;
    },
    RENEWS,
    (grant, asked, again) => {
      const role = roleName(grant.role, say);
      if ("give" in asked) {
        notices.tell("grant.given", { role }, () => again({ take: grant }));
        given();
        return;
      }
      const { user_id, starts_at, ends_at } = grant;
      const give = { user_id, role_id: grant.role.id, place_id: grant.place.id, starts_at, ends_at };
      notices.tell("grant.taken", { role }, () => again({ give, key: wish() }));
    },
    refused,
  );
}

function timesOf({ starts_at, ends_at }: Schemas["GrantTimes"]): Schemas["GrantTimes"] {
  return { starts_at, ends_at };
}

export function useGrantTimes(): (grant: Pick<Grant, "starts_at" | "ends_at">) => string {
  const { say } = useWords();
  const time = useTime();
  return ({ starts_at, ends_at }) => {
    const now = Date.now();
    if (ends_at !== null && Date.parse(ends_at) <= now) return say("grant.ended", { time: time(ends_at) });
    const words: string[] = [];
    if (starts_at !== null && Date.parse(starts_at) > now) words.push(say("grant.from", { time: time(starts_at) }));
    words.push(ends_at === null ? say("grant.always") : say("grant.until", { time: time(ends_at) }));
    return words.join(", ");
  };
}

interface RowsProps {
  readonly grants: readonly Grant[];
  readonly who?: (grant: Grant) => React.ReactNode;
}

export function GrantRows({ grants, who }: RowsProps) {
  const { say } = useWords();
  const mayGive = useMayGive();
  const grantsAct = useGrants();
  const times = useGrantTimes();
  const [changed, setChanged] = useState<Grant | null>(null);
  return (
    <>
      <table className="p-table">
        <tbody>
          {grants.map((grant) => {
            const manages = mayGive(grant.role, grant.place.path);
            return (
              <tr key={grant.id}>
                {who !== undefined && <td>{who(grant)}</td>}
                <td>
                  <b>{roleName(grant.role, say)}</b>
                </td>
                {who === undefined && (
                  <td>{grant.place.kind === "company" ? say("people.rights.everywhere") : grant.place.trail}</td>
                )}
                <td className="mut">{times(grant)}</td>
                <td className="p-end">
                  {manages && (
                    <>
                      <button type="button" className="btn sm" onClick={() => setChanged(grant)}>
                        {say("grant.times")}
                      </button>
                      <DeedButton
                        label={say("grant.take")}
                        working={grantsAct.working}
                        onDeed={() => grantsAct.run({ take: grant })}
                      />
                    </>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {changed !== null && <TimesDialog grant={changed} onClose={() => setChanged(null)} />}
    </>
  );
}

function TimesDialog({ grant, onClose }: { grant: Grant; onClose: () => void }) {
  const zone = useZone();
  const { say } = useWords();
  const close = useClosing(onClose);
  const { client, notices } = usePortal();
  const [starts, setStarts] = useState(localTime(zone, grant.starts_at));
  const [ends, setEnds] = useState(localTime(zone, grant.ends_at));
  const wrong = useWrong("starts_at", "ends_at");
  const base = useBase<Grant>(grant);
  const times = useGrantTimes();
  const was = timesOf(base.shown);
  const change = useAct<{ body: Schemas["GrantTimes"]; was: Schemas["GrantTimes"]; back?: true }, Grant>(
    ({ body, was: shown }) =>
      ifUnchanged(readGrant(client, grant.id), shown, (header) =>
        held(client.PUT("/api/v1/grants/{grant_id}/times", { params: { path: { grant_id: grant.id }, header }, body })),
      ),
    RENEWS,
    (after, { was: before, back }, again) => {
      const undo = back ? null : () => again({ body: before, was: timesOf(after), back: true });
      notices.tell("place.changed", {}, undo);
      close();
    },
    (refusal) => base.refused(refusal) || wrong.refused(refusal),
  );
  const deed = (): void => {
    if (wrong.found(wrongTimes(zone, starts, ends, Date.now()))) return;
    change.run({ body: { starts_at: isoTime(zone, starts), ends_at: isoTime(zone, ends) }, was });
  };
  return (
    <Dialog
      title={say("grant.times")}
      opened
      onClose={onClose}
      deed={say("do.save")}
      working={change.working}
      onDeed={deed}
    >
      <Meanwhile now={base.newest === null ? null : times(base.newest)} />
      <TimeField label={say("field.starts")} value={starts} onChange={setStarts} error={wrong.at("starts_at")} />
      <TimeField label={say("field.ends")} value={ends} onChange={setEnds} error={wrong.at("ends_at")} />
    </Dialog>
  );
}

interface GiveProps {
  readonly person?: { readonly id: string; readonly name: string };
  readonly at?: Schemas["PlaceItem"];
  readonly onClose: () => void;
}

/** Give somebody a role: the person or the place may be known already. */
export function GiveDialog({ person, at, onClose }: GiveProps) {
  const zone = useZone();
  const { say } = useWords();
  const { me } = usePortal();
  const mayGive = useMayGive();
  const wrong = useWrong("starts_at", "ends_at");
  const give = useGrants(onClose, wrong.refused);
  const [key] = useState(wish);
  const [userId, setUserId] = useState<string | null>(person?.id ?? null);
  const [roleId, setRoleId] = useState<string | null>("role_operator");
  const [placeId, setPlaceId] = useState<string | null>(at?.id ?? me.company.id);
  const [starts, setStarts] = useState("");
  const [ends, setEnds] = useState("");
  const deed = (): void => {
    if (userId === null || roleId === null || placeId === null) return;
    if (wrong.found(wrongTimes(zone, starts, ends, Date.now()))) return;
    const body = {
      user_id: userId,
      role_id: roleId,
      place_id: placeId,
      starts_at: isoTime(zone, starts),
      ends_at: isoTime(zone, ends),
    };
    give.run({ give: body, key });
  };
  return (
    <Dialog
      title={say("grant.add")}
      opened
      onClose={onClose}
      deed={say("grant.add")}
      working={give.working}
      ready={userId !== null && roleId !== null && placeId !== null}
      lacks={say(userId === null ? "lacks.person" : roleId === null ? "lacks.role" : "lacks.place")}
      onDeed={deed}
    >
      {person === undefined && (
        <Finder
          kind="user"
          label={say("grant.person")}
          placeholder={say("grant.person.hint")}
          value={userId}
          onChange={setUserId}
          offered={[]}
        />
      )}
      <RolePicker
        label={say("field.role")}
        value={roleId}
        onChange={setRoleId}
        only={(role) => mayGive(role, at?.path)}
      />
      {roleId !== null && <RoleText roleId={roleId} />}
      <PlacePicker
        label={say("field.place")}
        value={placeId}
        onChange={setPlaceId}
        {...(at === undefined ? {} : { at })}
      />
      <TimeField label={say("field.starts")} value={starts} onChange={setStarts} error={wrong.at("starts_at")} />
      <TimeField label={say("field.ends")} value={ends} onChange={setEnds} error={wrong.at("ends_at")} />
    </Dialog>
  );
}
