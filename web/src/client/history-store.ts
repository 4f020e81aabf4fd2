// The call history as loaded so far: the newest page follows every record written, older pages on request.
import type { CallView } from "../contract";
import type { Api, HistoryPage } from "../session/api";

const PAGE = 50;

export interface HistoryView {
  readonly calls: readonly CallView[];
  readonly cursor: string | null;
  readonly phase: "loading" | "ready" | "failed";
}

export class History {
  #view: HistoryView = { calls: [], cursor: null, phase: "loading" };
  #records = -1;
  readonly #listeners = new Set<() => void>();

  constructor(private readonly api: Api) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly view = (): HistoryView => this.#view;

  /** Reads the newest page when `records` is not the number it was read for. */
  follow(records: number): void {
    if (records === this.#records) return;
    this.#records = records;
    void this.#read(null, (page) => {
      const fresh = new Set(page.items.map((call) => call.call_id));
      const older = this.#view.calls.filter((call) => !fresh.has(call.call_id));
      const joined = older.length > 0 && this.#view.calls.length > 0;
      return {
        calls: [...page.items, ...older],
        cursor: joined ? this.#view.cursor : page.next_cursor,
        phase: "ready",
      };
    });
  }

  readonly retry = (): void => {
    const records = this.#records;
    this.#records = -1;
    this.#set({ ...this.#view, phase: "loading" });
    this.follow(records);
  };

  readonly older = (): void => {
    const { cursor } = this.#view;
    if (cursor === null) return;
    void this.#read(cursor, (page) => {
      const known = new Set(this.#view.calls.map((call) => call.call_id));
      const more = page.items.filter((call) => !known.has(call.call_id));
      return { calls: [...this.#view.calls, ...more], cursor: page.next_cursor, phase: "ready" };
    });
  };

  async #read(cursor: string | null, join: (page: HistoryPage) => HistoryView): Promise<void> {
    try {
      this.#set(join(await this.api.history(cursor, PAGE)));
    } catch {
      this.#set({ ...this.#view, phase: "failed" }); // said in the list, with a way to try again
    }
  }

  #set(view: HistoryView): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}
