// The way to somebody's ring plan.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Props {
  readonly ownerId: string;
  readonly className?: string;
  readonly children: ReactNode;
}

export function RingPlanLink({ ownerId, className, children }: Props) {
  const to = `/ring-plans/${ownerId}`;
  return (
    <Link to={to} {...(className === undefined ? {} : { className })}>
      {children}
    </Link>
  );
}
