// One change: its sentence, and on demand the code and ids that programs know it by.
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import { useTime } from "../parts/times";
import { usePortal, useWords } from "../surroundings";
import { sentenceOf, type Item, type Names, type Part, type Sentence } from "./sentence";

export function ChangeRow({ item, names }: { item: Item; names: Names }) {
  const { say } = useWords();
  const { me } = usePortal();
  const time = useTime();
  const raw: readonly (readonly [string, string])[] = [
    [say("audit.code"), item.action],
    [say("audit.subject"), item.subject_id],
    ...(item.actor_id === null ? [] : [[say("audit.actor"), item.actor_id] as const]),
    ...Object.entries(item.details).map(([key, value]) => [key, String(value)] as const),
  ];
  return (
    <li className="p-change">
      <time className="mut" dateTime={item.at}>
        {time(item.at)}
      </time>
      <p>
        <InWords sentence={sentenceOf(item, { names, me: me.user, say, time })} />
      </p>
      <details>
        <summary>{say("audit.more")}</summary>
        <dl>
          {raw.map(([key, value]) => (
            <Fragment key={key}>
              <dt>{key}</dt>
              <dd>
                <code>{value}</code>
              </dd>
            </Fragment>
          ))}
        </dl>
      </details>
    </li>
  );
}

function InWords({ sentence: { key, parts } }: { sentence: Sentence }) {
  const { say } = useWords();
  return say(key)
    .split(/\{(\w+)\}/)
    .map((piece, at) => {
      const part = at % 2 === 1 ? parts[piece] : undefined;
      return <Fragment key={at}>{part === undefined ? piece : <Shown part={part} name={piece} />}</Fragment>;
    });
}

function Shown({ part: { text, way }, name }: { part: Part; name: string }) {
  if (way !== undefined) return <Link {...way}>{text}</Link>;
  return name === "changes" || name === "times" || text === "" ? text : <b>{text}</b>;
}
