// What pages are made of: a head with its deeds, cards, rows that say that they are loading or empty.
import type { UseInfiniteQueryResult, UseQueryResult } from "@tanstack/react-query";
import { useContext, useEffect, type ReactNode } from "react";
import { refusalOf } from "../problem";
import { PortalContext, useWords } from "../surroundings";

interface HeadProps {
  readonly over?: ReactNode;
  readonly title: string;
  readonly lead?: ReactNode;
  readonly children?: ReactNode;
}

/** Names the tab: the page, the company, Antiphon. */
export function usePageTitle(title: string): void {
  const company = useContext(PortalContext)?.me.company.name;
  useEffect(() => {
    document.title = [...new Set([title, company ?? title]), "Antiphon"].join(" – ");
    return () => {
      document.title = "Antiphon";
    };
  }, [title, company]);
}

export function Head({ over, title, lead, children }: HeadProps) {
  usePageTitle(title);
  return (
    <header className="p-head">
      <div>
        {over !== undefined && <div className="p-crumb">{over}</div>}
        <h1>{title}</h1>
        {lead !== undefined && <p className="mut">{lead}</p>}
      </div>
      <div className="p-deeds">{children}</div>
    </header>
  );
}

interface CardProps {
  readonly title: string;
  readonly lead?: string;
  readonly action?: ReactNode;
  readonly flush?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Card({ title, lead, action, flush = false, className = "", children }: CardProps) {
  return (
    <section className={`p-card${flush ? " flush" : ""} ${className}`} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {action}
      </header>
      {lead !== undefined && <p className="mut p-lead">{lead}</p>}
      {children}
    </section>
  );
}

export function Empty({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="p-empty">
      <p>{text}</p>
      {children}
    </div>
  );
}

type Asked = UseQueryResult | UseInfiniteQueryResult;

/** Loading, refused or there: the same everywhere. */
export function Answer({ of, children }: { of: Asked; children: ReactNode }) {
  const { say } = useWords();
  if (of.data !== undefined) return children;
  if (of.isError) {
    const { key, values } = refusalOf(of.error);
    return (
      <Empty text={say(key, values)}>
        <button type="button" className="btn sm" onClick={() => void of.refetch()}>
          {say("do.again")}
        </button>
      </Empty>
    );
  }
  return <p className="p-faint">{say("list.loading")}</p>;
}

export function More({ of }: { of: UseInfiniteQueryResult }) {
  const { say } = useWords();
  if (!of.hasNextPage) return null;
  return (
    <div className="p-more">
      <button
        type="button"
        className="btn sm"
        aria-disabled={of.isFetchingNextPage}
        onClick={() => void of.fetchNextPage()}
      >
        {say(of.isFetchingNextPage ? "list.loading" : "do.more")}
      </button>
    </div>
  );
}
