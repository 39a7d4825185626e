import type { GatewayConfig } from '../config/gateway-file.ts'
import type { Config } from '../config/schema.ts'
import type { JourneyAnswerStep } from './push-trace-text.ts'

/** The part of a log (`src/lib/log.ts`) that the commands write to. */
export type ServerLog = {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  fatal(fields: object, message: string): void
}

/** What the commands need of a running Belfry (`src/app.ts`). */
export type App = {
  /** The domain of its user ids. */
  serverName: string
  listen(): Promise<{ url: string }>
  close(): Promise<void>
  /** The log of the server: all that a running server has to say goes there. */
  log: ServerLog
  /** Goes on with what can be changed in a running server: the apps of its gateway. */
  reload(config: Config): Promise<void>
  accounts: AccountAdministration
  /** The OpenAPI document of all that it serves. */
  openApi(): Promise<object>
  internalSession(name: string): Promise<{ userId: string; accessToken: string; end(): Promise<void> }>
}

type Changed = Promise<{ userId: string }>

/** `name`: a user name or a full user id. Each rejects with a sentence for the operator. */
export type AccountAdministration = {
  add(input: { name: string; password: string; admin: boolean }): Changed
  list(): Promise<AccountRow[]>
  resetPassword(name: string, to: { password: string; keepSessions: boolean }): Changed
  deactivate(name: string, options: { erase: boolean }): Changed
  changeRole(name: string, isAdmin: boolean): Changed
}

/** Times are in milliseconds since the Unix epoch. */
export type AccountRow = {
  user_id: string
  is_admin: boolean
  created_at: number
  deactivated_at: number | null
  devices: number
  last_seen_at: number | null
}

/** What the commands need of a gateway that runs alone (`src/gateway-app.ts`). */
export type GatewayApp = {
  log: ServerLog
  listen(): Promise<{ url: string }>
  close(): Promise<void>
  reload(config: GatewayConfig): Promise<void>
}

/** What is right or wrong with the apps of a gateway, each in a line. */
export type GatewayCheck = { lines: { app: string; fault?: string; type?: string }[]; warnings: string[] }

/** What a gateway did with an event for one device. */
export type DeviceJourney = { app_id: string; pushkey_hash: string; steps: JourneyAnswerStep[] }

/** The outside world of a command; tests hand in their own. */
export type World = {
  /** @param as `command`: for what works beside a server that runs, or before its first start */
  createApp(config: Config, as: 'server' | 'command'): Promise<App>
  createGateway(config: GatewayConfig): Promise<GatewayApp>
  checkGateway(config: GatewayConfig): Promise<GatewayCheck>
  /** What the gateway has recorded of an event. */
  readJourney(config: GatewayConfig, eventId: string): Promise<DeviceJourney[]>
  env: Readonly<Record<string, string | undefined>>
  stdin: NodeJS.ReadStream
  /** The Web Push key in a file, which is made where there is none. `publicKey`: base64url. */
  keepVapidKey(file: string): Promise<{ publicKey: string; isNew: boolean }>
  /** To a server that runs already. */
  fetch: typeof fetch
  print(line: string): void
  complain(line: string): void
  onSignal(listener: () => void): void
  /** The configuration is to be read again (SIGHUP). */
  onReload(listener: () => void): void
  /** An error that no code has caught: `isFatal`, and the process cannot go on; or a warning of Node's. */
  onFault(listener: (error: Error, isFatal: boolean) => void): void
  /** Ends the process at once. */
  exit(code: number): void
}

export type Command = {
  /** As typed, such as `user add NAME`. */
  usage: string
  summary: string
  /** What `--help` prints below usage and summary. */
  help(): string
  /** Resolves with the exit code. */
  run(argv: readonly string[], world: World): Promise<number>
}
