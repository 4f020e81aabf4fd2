// The words of the chosen language, for every part below.
import { createContext, useContext } from "react";
import type { Language, WordKey, WordValues } from "../words";

export interface Words {
  readonly language: Language;
  readonly say: (key: WordKey, values?: WordValues) => string;
}

export const WordsContext = createContext<Words | null>(null);

export function useWords(): Words {
  const words = useContext(WordsContext);
  if (words === null) throw new Error("no words around");
  return words;
}
