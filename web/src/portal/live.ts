// Whether the event stream stands: what is shown follows what happens.
import { createContext, useContext } from "react";
import type { Live } from "./stream";

export const LiveContext = createContext<Live>("connecting");

export function useLive(): Live {
  return useContext(LiveContext);
}
