import { renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useClosing } from "../../src/portal/parts/closing";

test("what is done again afterwards, an undo say, closes no dialog that was opened meanwhile", () => {
  const close = vi.fn();
  const { result, rerender } = renderHook(() => useClosing(close));
  result.current();
  rerender();
  result.current();
  expect(close).toHaveBeenCalledTimes(1);
});
