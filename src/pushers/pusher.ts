import type { DeviceId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'

/**
 * What a client sets with `POST /pushers/set` (the founding text; client-server API, "Push Notifications"). A pusher is
 * known by its user, `appId` and `pushkey`.
 */
export type PusherSettings = {
  appId: string
  pushkey: string
  /** The older name of the kind by which it was asked for. */
  kindAlias: string | undefined
  handle: Handle | undefined
  appDisplayName: string
  deviceDisplayName: string
  lang: string
  /** Off: it is sent nothing, and what happens meanwhile is not sent later (MSC3881). */
  enabled: boolean
  /** It is told no counts, and not of a badge that changed (MSC4076). */
  disableBadgeCount: boolean
  /**
   * So long, in milliseconds, an event waits to be read on another device while its user is active there; 0: not at all.
   * See `delivery/next-poke.ts`.
   */
  holdMs: number
} & (
  | {
      /** `http`: pokes to a push gateway. `webpush`: encrypted, to the push service of a browser or of UnifiedPush (MSC4174). */
      kind: 'http' | 'webpush'
      /** As the client set it, `url` included. */
      data: JsonObject & { url: string }
    }
  /** Mails to the address that is its pushkey. It belongs to no device. */
  | { kind: 'email'; data: JsonObject }
)

export type PusherKind = PusherSettings['kind']

/**
 * The identifier of the app's installation, under either of its names. Only one that was set as `instance_handle` is held
 * to be unique among the user's pushers.
 */
export type Handle = { value: string; isInstanceHandle: boolean }

/** What becomes of the pusher named by a request to `/pushers/set`. */
export type PusherChange =
  | {
      kind: 'set'
      settings: PusherSettings
      /** Keep the pushers of other users with this pushkey. */
      append: boolean
      /** Where the pusher gets another handle: duplicate the push rules of its old one to that. */
      copyRules: boolean
    }
  | { kind: 'delete'; appId: string; pushkey: string }

/** Who sets it, and from which device. */
export type PusherOwner = { userId: UserId; deviceId: DeviceId }
