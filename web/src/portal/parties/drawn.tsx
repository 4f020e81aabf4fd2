// A picture that came through the API, drawn: the page's policy takes images from its own address alone, and those need a token.
import { useEffect, useRef } from "react";

interface Props {
  readonly blob: Blob;
  /** What it shows; empty: a name stands beside it. */
  readonly alt: string;
  readonly className: string;
}

export function Drawn({ blob, alt, className }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let shown = true;
    const draw = (picture: ImageBitmap): void => {
      const on = canvas.current;
      if (!shown || on === null) return;
      on.width = picture.width;
      on.height = picture.height;
      on.getContext("2d")?.drawImage(picture, 0, 0);
      picture.close();
    };
    createImageBitmap(blob).then(draw, () => undefined); // what the browser can't read stays empty
    return () => {
      shown = false;
    };
  }, [blob]);
  const named = alt === "" ? { "aria-hidden": true } : { role: "img", "aria-label": alt };
  return <canvas ref={canvas} className={className} {...named} />;
}
