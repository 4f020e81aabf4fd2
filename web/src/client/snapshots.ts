// Pictures of callers, fetched with the token and kept for this page. Drawn on a canvas: no blob address is needed.
import type { Api } from "../session/api";

const KEPT = 120;

export class Snapshots {
  readonly #pictures = new Map<string, Promise<ImageBitmap>>();

  constructor(private readonly api: Api) {}

  load(snapshotId: string): Promise<ImageBitmap> {
    const known = this.#pictures.get(snapshotId);
    if (known !== undefined) return known;
    const picture = this.api.snapshot(snapshotId).then((blob) => createImageBitmap(blob));
    this.#pictures.set(snapshotId, picture);
    picture.catch(() => this.#pictures.delete(snapshotId)); // asked again next time
    const oldest = this.#pictures.keys().next().value;
    if (this.#pictures.size > KEPT && oldest !== undefined) this.#pictures.delete(oldest);
    return picture;
  }
}
