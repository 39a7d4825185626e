import type { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { Lookup } from '../lib/outbound/lookup.ts'
import type { Proxy } from '../lib/outbound/proxy.ts'
import type { IpPolicy } from '../lib/outbound/ip-policy.ts'
import type { Untimed } from '../sending/result.ts'
import type { Notification, NotificationDevice } from './notification.ts'

// The seam between the gateway and those who reach devices: APNs, FCM, push services of browsers, UnifiedPush, the inbox.
// A provider makes one attempt and says what its result is. Queueing, retries, duplicates, circuits, rejections that are held back and
// metrics by outcome are the gateway's, the same for all of them.

/** The result of one attempt, with the provider's own word as its reason (`BadDeviceToken`, `UNREGISTERED`). The gateway measures its time. */
export type ProviderResult = Untimed

/** One notification for one device. */
export type Message = {
  device: NotificationDevice
  /** As the home server sent it, its `devices` included. */
  notification: Notification
  /** After this it is worth nothing. Milliseconds since the Unix epoch. */
  expiresAt: number
  /** 1 is the first. */
  attempt: number
  /** The user of this server whom it is for; absent: it came from another server. */
  userId?: string | undefined
}

/** Reaches the devices of one app. */
export interface Provider extends AsyncDisposable {
  /**
   * What must not hold up anything else when it is slow or down, as a name without secrets: the provider itself, or the origin of
   * the push service that the device has chosen.
   */
  lineOf(device: NotificationDevice): string
  /** Makes one attempt; what is malformed is judged without asking anybody. Never rejects; an abort is a `retry`. */
  send(message: Message, signal: AbortSignal): Promise<ProviderResult>
  /** Asks nothing of the network. What is wrong with the credentials, each in a sentence; empty: nothing. */
  check(): Promise<string[]>
  /** When the credentials end, in milliseconds since the Unix epoch; absent: they do not. */
  credentialsExpireAt?(): number | undefined
}

/** What every provider is given. */
export type ProviderDeps = {
  clock: Clock
  random: Random
  log: Log
  metrics: Metrics
  /** For addresses that users choose (subscriptions of browsers, UnifiedPush endpoints). */
  policy: IpPolicy
  lookup: Lookup
  /** Through which all providers are called; absent: directly. */
  proxy?: Proxy | undefined
  /** The app's exact id or glob, for logs and the label `pushkin`. */
  appId: string
}

/** A kind of app, by the word that stands as its `type` in the configuration. */
export type ProviderType<Options extends z.ZodType = z.ZodType> = {
  type: string
  /**
   * The keys of the app in the YAML file, with Sygnal's names where it has them: a `z.object`, or a pipe that begins with one.
   * `type` and `inflight_request_limit` are read before. Unknown keys are warned of and left out. Files are named, not read, here.
   */
  options: Options
  /** Reads the files that the options name. Rejects with `ConfigError` naming the key and what to do. */
  open(options: z.output<Options>, deps: ProviderDeps): Promise<Provider>
}
