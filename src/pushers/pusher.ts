import type { DeviceId, UserId } from '../lib/ids.ts'
import type { JsonObject } from '../lib/json.ts'

/**
 * The settings that a client sends with `POST /pushers/set` (the founding text; client-server API, "Push
 * Notifications"). User, `appId` and `pushkey` identify a pusher.
 */
export type PusherSettings = {
  appId: string
  pushkey: string
  /** The older name of the kind, if the client used it. */
  kindAlias: string | undefined
  handle: Handle | undefined
  appDisplayName: string
  deviceDisplayName: string
  lang: string
  /** false: nothing is sent, and events of that time are not sent later (MSC3881). */
  enabled: boolean
  /** true: pokes carry no counts, and a changed badge alone is not sent (MSC4076). */
  disableBadgeCount: boolean
  /**
   * How long an event waits, in milliseconds, to be read on another device while its user is active there. 0: no wait.
   * See `delivery/next-poke.ts`.
   */
  holdMs: number
} & (
  | {
      /**
       * `http`: pokes to a push gateway. `webpush`: encrypted pushes to the push service of a browser or of
       * UnifiedPush (MSC4174).
       */
      kind: 'http' | 'webpush'
      /** As the client sent it, `url` included. */
      data: JsonObject & { url: string }
    }
  /** Mail to the address in the pushkey. The pusher belongs to no device. */
  | { kind: 'email'; data: JsonObject }
)

export type PusherKind = PusherSettings['kind']

/**
 * The identifier of the app's installation, under either of its names. Only a handle that was set as
 * `instance_handle` must be unique among the user's pushers.
 */
export type Handle = { value: string; isInstanceHandle: boolean }

/** The change that a request to `/pushers/set` makes. */
export type PusherChange =
  | {
      kind: 'set'
      settings: PusherSettings
      /** Keep the pushers of other users with the same pushkey. */
      append: boolean
      /** When the handle changes: duplicate the push rules of the old handle to the new one. */
      copyRules: boolean
    }
  | { kind: 'delete'; appId: string; pushkey: string }

/** The user and the device that set the pusher. */
export type PusherOwner = { userId: UserId; deviceId: DeviceId }
