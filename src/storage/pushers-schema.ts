import type { DeviceId, RoomId, UserId } from '../lib/ids.ts'
import type { Filled, Flag } from './columns.ts'

// The tables of pushers.

/** Pushers as clients set them. The state of sending is in `lanes`, under the same id. */
export type PushersTable = {
  pusher_id: number
  user_id: UserId
  app_id: string
  pushkey: string
  kind: string
  /** `instance_handle`, or its later name `profile_tag`. */
  handle: string | null
  /** 1: set under the name `instance_handle`, so the uniqueness rule of that name applies. */
  handle_is_instance: Flag
  app_display_name: string
  device_display_name: string
  lang: string
  /** JSON object, as the client set it. */
  data: string
  /** The URL of pokes, from `data`, in its parsed form. */
  url: string | null
  device_id: DeviceId | null
  /** 0: nothing is sent, and nothing waits. */
  enabled: Filled<Flag>
  /** 1: it was enabled when the account of its user was locked; it is enabled again when the account is unlocked. */
  is_paused: Filled<Flag>
  /** 1: pokes to it have no counts. */
  disable_badge_count: Filled<Flag>
  /** How long a poke is held while its user is active on another device, in milliseconds; 0: it is not held. */
  hold_ms: Filled<number>
  /**
   * Kind `webpush`: 1 after its app has confirmed it; before that, only the activation token is sent to it.
   * Other kinds: 1.
   */
  activated: Filled<Flag>
  /** The token for the activation, and its expiry. */
  ack_token: string | null
  ack_expires_at: number | null
  /** The older name of `kind` with which the client set it. */
  kind_alias: string | null
  created_at: number
  /** `pushkey_ts` in the pokes. */
  set_at: number
  /** E-mail pushers: the token in the unsubscribe link of their mails. */
  unsubscribe_token: Filled<string | null>
}

/**
 * The throttle of an e-mail pusher for a room: how long the next mail about the room waits
 * (`delivery/email/schedule.ts`).
 */
export type MailThrottlesTable = {
  pusher_id: number
  room_id: RoomId
  told_at: number
  wait_ms: number
  /** The time of the newest event in a mail. */
  last_event_at: number
}

/** Removed pushers, so that their owner can see the time and the reason. Kept for 30 days. */
export type RemovedPushersTable = {
  removed_id: Filled<number>
  user_id: UserId
  app_id: string
  pushkey: string
  kind: string
  app_display_name: string
  device_display_name: string
  device_id: DeviceId | null
  handle: string | null
  /** `RemovalReason` of pushers/. */
  reason: string
  removed_at: number
  // The state of delivery at the removal.
  last_success_at: number | null
  failing_since: number | null
  last_error: string | null
}

export type PushersSchema = {
  pushers: PushersTable
  removed_pushers: RemovedPushersTable
  mail_throttles: MailThrottlesTable
}
