import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeedButton, SURE_MS } from "../../src/portal/parts/deed-button";
import { PAUSE_MS } from "../../src/portal/parts/pause";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.runAllTimers();
  vi.useRealTimers();
});

const after = (ms: number): void => {
  act(() => {
    vi.advanceTimersByTime(ms);
  });
};
const press = (name: string): void => {
  fireEvent.click(screen.getByRole("button", { name }));
};

describe("the button of a deed", () => {
  it("takes no second click of a double click, whichever row that hits", () => {
    const [first, second] = [vi.fn(), vi.fn()];
    render(
      <>
        <DeedButton label="Take a" working={false} onDeed={first} />
        <DeedButton label="Take b" working={false} onDeed={second} />
      </>,
    );
    press("Take a");
    after(PAUSE_MS - 1);
    press("Take b");
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 0]);
    after(1);
    press("Take b");
    expect(second).toHaveBeenCalledOnce();
  });

  it("takes none while one is carried out, nor just after", () => {
    const deed = vi.fn();
    const { rerender } = render(<DeedButton label="Take" working onDeed={deed} />);
    after(PAUSE_MS);
    press("Take");
    rerender(<DeedButton label="Take" working={false} onDeed={deed} />);
    press("Take");
    expect(deed).not.toHaveBeenCalled();
    after(PAUSE_MS);
    press("Take");
    expect(deed).toHaveBeenCalledOnce();
  });

  it("asks for a second press where there is no way back, and forgets the first one", () => {
    const deed = vi.fn();
    render(<DeedButton label="Revoke" sure="Revoke for good" working={false} onDeed={deed} />);
    press("Revoke");
    press("Revoke for good"); // of the same double click
    expect(deed).not.toHaveBeenCalled();
    after(SURE_MS);
    press("Revoke");
    after(PAUSE_MS);
    fireEvent.blur(screen.getByRole("button"));
    press("Revoke");
    after(PAUSE_MS);
    press("Revoke for good");
    expect(deed).toHaveBeenCalledOnce();
    expect(screen.getByRole("button").textContent).toBe("Revoke");
  });
});
