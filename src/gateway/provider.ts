import type { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import type { LoadWords } from '../language/load-words.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import type { Lookup } from '../lib/outbound/lookup.ts'
import type { Proxy } from '../lib/outbound/proxy.ts'
import type { IpPolicy } from '../lib/outbound/ip-policy.ts'
import type { Untimed } from '../sending/result.ts'
import type { Transaction } from '../storage/database.ts'
import type { Notification, NotificationDevice } from './notification.ts'

// The interface between the gateway and its providers: APNs, FCM, push services of browsers, UnifiedPush, the
// inbox. A provider makes one attempt and returns its result. The gateway does the rest in the same way for
// all of them: queue, retries, repeats, circuit breakers, doubted rejections, and metrics by outcome.

/**
 * The result of one attempt. Its reason is a word of the provider (`BadDeviceToken`, `UNREGISTERED`). The
 * gateway measures the time.
 */
export type ProviderResult = Untimed & {
  /**
   * For `delivered`: the rest of the delivery, which is written in the transaction that records the result.
   * It can run again.
   */
  write?: Write
}

export type Write = (tx: Transaction) => Promise<void>

/** One notification for one device. */
export type Message = {
  device: NotificationDevice
  /** As the home server sent it, including `devices`. */
  notification: Notification
  /** Not sent after this time. Milliseconds since the Unix epoch. */
  expiresAt: number
  /** 1 is the first attempt. */
  attempt: number
  /** The recipient, if it is a user of this server; absent: it came from another server. */
  userId?: string | undefined
}

/** Sends to the devices of one app. */
export interface Provider extends AsyncDisposable {
  /**
   * The line of a device, without secrets: the provider itself, or the origin of the push service that the
   * device has chosen. A line that is slow or down must not delay others.
   */
  lineOf(device: NotificationDevice): string
  /** Makes one attempt. Malformed data gets a result without a request. Never rejects; an abort is a `retry`. */
  send(message: Message, signal: AbortSignal): Promise<ProviderResult>
  /** The errors in the credentials, each as a sentence; empty: none. Makes no request. */
  check(): Promise<string[]>
  /** The expiry of the credentials, in milliseconds since the Unix epoch; absent: they do not expire. */
  credentialsExpireAt?(): number | undefined
}

/** The dependencies of every provider. */
export type ProviderDeps = {
  clock: Clock
  random: Random
  log: Log
  metrics: Metrics
  /** For texts of notifications. */
  wordsOf: LoadWords
  /** For addresses that users choose (subscriptions of browsers, UnifiedPush endpoints). */
  policy: IpPolicy
  lookup: Lookup
  /** The proxy for all requests; absent: none. */
  proxy?: Proxy | undefined
  /** The app's exact id or glob, for logs and the label `pushkin`. */
  appId: string
}

/** A kind of app, by the `type` in the configuration. */
export type ProviderType<Options extends z.ZodType = z.ZodType> = {
  type: string
  /**
   * The keys of the app in the YAML file, with Sygnal's names where Sygnal has them: a `z.object`, or a pipe
   * that begins with one. `type` and `inflight_request_limit` are read before. Unknown keys cause a warning
   * and are left out. Files are named here, and read by `open`.
   */
  options: Options
  /** Reads the files that the options name. Rejects with `ConfigError`, which names the key and the remedy. */
  open(options: z.output<Options>, deps: ProviderDeps): Promise<Provider>
}
