import { expect, test } from "vitest";
import { causeText, openedText } from "../src/client/history-row";
import type { CallView } from "../src/contract";
import { say, type WordKey, type WordValues } from "../src/words";
import { at } from "./scenes";

const refused: CallView = {
  call_id: "c",
  station_id: "a",
  station_name: "Empfang",
  place: "Haus A",
  direction: "from_station",
  button: "4711",
  started_at: new Date(at(0)).toISOString(),
  answered_at: null,
  ended_at: new Date(at(1)).toISOString(),
  cause: "unknown_button",
  answered_by: null,
  placed_by: null,
  snapshot_id: null,
  doors_opened: 0,
  legs: [],
};

const inEnglish = (key: WordKey, values?: WordValues): string => say("en", key, values);

test("a number that a telephone dialled in vain is named as a number", () => {
  expect(causeText(refused, true, inEnglish)).toBe("The number 4711 is not known here");
  expect(causeText({ ...refused, button: "main" }, false, inEnglish)).toBe("The button rings nobody yet");
});

test("an account's door is never said to have opened", () => {
  const talked: CallView = { ...refused, cause: "answered", doors_opened: 2 };
  expect(openedText(talked, true, inEnglish)).toBe("Digits sent");
  expect(openedText(talked, false, inEnglish)).toBe("doors opened 2 times");
});
