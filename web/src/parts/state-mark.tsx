// A state's shape, always beside its word.
export type Mark = "online" | "offline" | "ringing" | "in_call" | "fault" | "pending";

export function StateMark({ state }: { state: Mark }) {
  return <i className={`st st-${state}`} aria-hidden="true" />;
}

export function Kbd({ children }: { children: string }) {
  return (
    <span className="kbd" aria-hidden="true">
      {children}
    </span>
  );
}
