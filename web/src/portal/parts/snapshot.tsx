// A caller's picture.
import { useEffect, useRef } from "react";
import { usePortal } from "../surroundings";

/** Drawn on a canvas: the content policy allows no addresses made by the page. */
export function Snapshot({ id, name }: { id: string; name: string }) {
  const { api } = usePortal();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let wanted = true;
    api
      .snapshot(id)
      .then((blob) => createImageBitmap(blob))
      .then(
        (bitmap) => {
          const target = canvas.current;
          if (!wanted || target === null) return;
          target.width = bitmap.width;
          target.height = bitmap.height;
          target.getContext("2d")?.drawImage(bitmap, 0, 0);
        },
        () => undefined, // no picture, no harm: the words stand
      );
    return () => {
      wanted = false;
    };
  }, [api, id]);
  return <canvas ref={canvas} role="img" aria-label={name} />;
}
