// Pictures and logos of contacts: asked for, made small enough before they are sent.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { held, type Client } from "../http";
import { usePortal } from "../surroundings";
import type { Contact } from "./parties";

export type PortraitKind = "picture" | "logo";
type Size = "large" | "small";

/** So many bytes the platform takes as they are: base64 makes four of three, in a request of 256 KiB. */
export const SENT_MAX_BYTES = 180 * 1024;
export const PICTURE_TYPES = ["image/jpeg", "image/png", "image/webp"] as const;
const EDGES_PX = [1024, 768, 512] as const;
const QUALITY = 0.85;

const portrait = (client: Client, id: string, kind: PortraitKind, size: Size, mark: string | null) =>
  queryOptions({
    queryKey: ["portraits", id, kind, size, mark],
    queryFn: async () => {
      const params = { path: { contact_id: id }, query: { size } };
      const answer =
        kind === "picture"
          ? client.GET("/api/v1/contacts/{contact_id}/picture", { params, parseAs: "blob" })
          : client.GET("/api/v1/contacts/{contact_id}/logo", { params, parseAs: "blob" });
      return (await held(answer as Promise<{ data?: unknown }>)) as Blob;
    },
    enabled: mark !== null,
    staleTime: Infinity, // another picture has another mark
  });

/** A contact's picture or logo, once it is there; null: it has none, or it is on its way. */
export function usePortrait(contact: Pick<Contact, "id" | PortraitKind>, kind: PortraitKind, size: Size): Blob | null {
  const { client } = usePortal();
  const asked = useQuery(portrait(client, contact.id, kind, size, contact[kind]));
  return contact[kind] === null ? null : (asked.data ?? null);
}

/** The file as it can be sent: as it is where it is small, else drawn anew, smaller; null: the browser can't read it. */
export async function sendable(file: Blob): Promise<Blob | null> {
  if (file.size <= SENT_MAX_BYTES && (PICTURE_TYPES as readonly string[]).includes(file.type)) return file;
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (picture === null) return null;
  for (const edge of EDGES_PX) {
    const scale = Math.min(1, edge / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/webp", QUALITY));
    if (small !== null && small.size <= SENT_MAX_BYTES) return small;
  }
  return null;
}

/** Its bytes, as the API takes them. */
export async function asBase64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
