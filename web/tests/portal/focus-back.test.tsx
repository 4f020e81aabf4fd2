import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it } from "vitest";
import { useFocusBack } from "../../src/portal/parts/focus-back";

afterEach(cleanup);

function Form({ name, onClose }: { name: string; onClose: () => void }) {
  useFocusBack();
  return (
    <div role="dialog">
      <button type="button" autoFocus onClick={onClose}>
        {name}
      </button>
    </div>
  );
}

function Page() {
  const [shown, setShown] = useState<"none" | "form" | "made">("none");
  return (
    <>
      <button type="button" onClick={() => setShown("form")}>
        Add
      </button>
      {shown === "form" && <Form name="Save" onClose={() => setShown("made")} />}
      {shown === "made" && <Form name="Close" onClose={() => setShown("none")} />}
    </>
  );
}

it("goes back to what opened a dialog, and the dialog that followed it", () => {
  render(<Page />);
  const add = screen.getByRole("button", { name: "Add" });
  add.focus();
  fireEvent.click(add);
  const save = screen.getByRole("button", { name: "Save" });
  expect(document.activeElement).toBe(save);
  fireEvent.click(save);
  const close = screen.getByRole("button", { name: "Close" });
  expect(document.activeElement).toBe(close);
  fireEvent.click(close);
  expect(document.activeElement).toBe(add);
});
