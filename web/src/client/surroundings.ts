// What every screen of the client has at hand: the desk, the words, the preferences, the history.
import { createContext, useContext, useSyncExternalStore } from "react";
import type { Api, Session } from "../session/api";
import type { Desk } from "./desk";
import type { History } from "./history-store";
import type { Preferences } from "../session/preferences";
import type { Snapshots } from "./snapshots";
import type { ClientState } from "./state";

export interface Surroundings {
  readonly api: Api;
  readonly session: Session;
  readonly desk: Desk;
  readonly history: History;
  readonly snapshots: Snapshots;
  readonly preferences: Preferences;
  readonly setPreferences: (preferences: Preferences) => void;
  readonly signOut: () => void;
}

export const SurroundingsContext = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const surroundings = useContext(SurroundingsContext);
  if (surroundings === null) throw new Error("not signed in");
  return surroundings;
}

export function useDesk(): { desk: Desk; state: ClientState } {
  const { desk } = useSurroundings();
  useSyncExternalStore(desk.subscribe, desk.version);
  return { desk, state: desk.state };
}
