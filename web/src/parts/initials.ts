// The one or two signs that stand for a person.

const signs = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The first sign of the first name and of the last; what reads as one sign (a flag, a family) is never cut in half. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== "");
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return ends.map((word) => ([...signs.segment(word ?? "")][0]?.segment ?? "").toUpperCase()).join("");
}
