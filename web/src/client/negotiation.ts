// The platform's SDP and this tab's answers to it: previews while it rings, both ways once answered.
import type { ClientMessage, ServerMessage } from "../contract";
import type { Media } from "./media";
import type { ClientState, RingingCall } from "./state";

export interface NegotiationPorts {
  send(message: ClientMessage): boolean;
  picture(callId: string, picture: RingingCall["picture"]): void;
  failed(callId: string): void;
  wantsCamera(): boolean;
}

export class Negotiation {
  readonly #media: Media;
  readonly #ports: NegotiationPorts;
  readonly #newest = new Map<string, string>(); // call -> the preview offer that counts

  constructor(media: Media, ports: NegotiationPorts) {
    this.#media = media;
    this.#ports = ports;
  }

  /** Does what a message asks of the media; `before` and `after` are the state around it. */
  received(message: ServerMessage, before: ClientState, after: ClientState): void {
    switch (message.type) {
      case "welcome":
        this.#media.useIceServers(message.ice_servers);
        if (before.clientId !== message.client_id) this.#media.dropAllBut(after.call?.callId ?? null);
        break;
      case "preview_offer":
        void this.#preview(message.call_id, message.sdp);
        break;
      case "media_offer":
        void this.#connect(message.call_id, message.sdp, message.renewed === true);
        break;
      case "call_started":
        if (before.call?.requestId === message.request_id) this.#media.named(message.request_id, message.call_id);
        else this.#ports.send({ type: "hang_up", request_id: crypto.randomUUID(), call_id: message.call_id });
        break;
      case "remote_sdp":
        void this.#media.placed(message.call_id, message.sdp).catch(() => this.#ports.failed(message.call_id));
        break;
      case "connected":
        if (after.call?.callId === message.call_id) void this.#media.talk(message.call_id, this.#ports.wantsCamera());
        break;
      case "ring_ended":
        this.#newest.delete(message.call_id);
        if (after.call?.callId !== message.call_id) this.#media.drop(message.call_id);
        break;
      case "call_ended":
        this.#media.drop(message.call_id);
        break;
      case "error":
        if (message.request_id !== null && before.call?.requestId === message.request_id)
          this.#media.drop(before.call.callId ?? message.request_id);
        break;
      default:
        break;
    }
  }

  /** A peer connection stands: a preview's first picture is asked for now, not at a moment that the platform guesses. */
  connected(callId: string): void {
    if (this.#newest.has(callId)) this.#ports.send({ type: "preview_connected", call_id: callId });
  }

  async #preview(callId: string, offer: string): Promise<void> {
    this.#newest.set(callId, offer);
    const replaced = (): boolean => this.#newest.get(callId) !== offer; // a newer offer has taken its place
    try {
      const sdp = await this.#media.preview(callId, offer);
      if (replaced()) return;
      this.#ports.send({ type: "preview_answer", call_id: callId, sdp });
      this.#ports.picture(callId, "live");
    } catch (reason) {
      if (replaced()) return;
      this.#media.drop(callId);
      const why = reason instanceof Error ? reason.message.slice(0, 200) : "unknown";
      this.#ports.send({ type: "preview_failed", call_id: callId, reason: why });
      this.#ports.picture(callId, "failed");
    }
  }

  async #connect(callId: string, offer: string, renewed: boolean): Promise<void> {
    try {
      const sdp = await (renewed ? this.#media.renew(callId, offer) : this.#media.connect(callId, offer));
      this.#ports.send({ type: "media_answer", call_id: callId, sdp });
    } catch {
      this.#ports.failed(callId);
    }
  }
}
