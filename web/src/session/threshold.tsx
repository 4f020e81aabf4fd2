// What stands around everything that people see before they are signed in: the brand, the languages, the sign post.
import type { ReactNode } from "react";
import { Brand } from "../parts/brand";
import type { Language } from "../words";
import { WayPost } from "./way-post";
import { useWords } from "./words";

interface Props {
  readonly onLanguage: (language: Language) => void;
  readonly children: ReactNode;
}

export function Threshold({ onLanguage, children }: Props) {
  const { say, language } = useWords();
  return (
    <div className="si">
      <section>
        <header role="banner">
          <Brand />
        </header>
        <main className="fm">{children}</main>
        <footer>
          <div className="lang" role="group" aria-label={say("app.language")}>
            {(["en", "de"] as const).map((each) => (
              <button
                key={each}
                type="button"
                lang={each}
                aria-pressed={language === each}
                onClick={() => onLanguage(each)}
              >
                {each === "en" ? "English" : "Deutsch"}
              </button>
            ))}
          </div>
        </footer>
      </section>
      <aside>
        <WayPost say={say} />
      </aside>
    </div>
  );
}
