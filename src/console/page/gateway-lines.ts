import type { GatewayReport, PusherLine } from './types.ts'

export type GatewayLine = {
  /** The host; empty for those that the server counts together. */
  gateway: string
  devices: number
  failing: number
  queued: number
  /** The oldest failure, in milliseconds since the Unix epoch. */
  failingSince: number | null
  /** Shares of pushes that arrived, 0 to 1; null: not known. */
  hour: number | null
  day: number | null
  usual: number | null
}

/**
 * One line for each gateway: its devices, and the share of pushes that arrive, over all its apps where the
 * server says it. Pure.
 */
export function gatewayLines({ gateways }: GatewayReport, pushers: readonly PusherLine[]): GatewayLine[] {
  const lines = new Map<string, GatewayLine>()
  const lineOf = (gateway: string): GatewayLine => {
    const found = lines.get(gateway) ?? {
      gateway,
      devices: 0,
      failing: 0,
      queued: 0,
      failingSince: null,
      hour: null,
      day: null,
      usual: null,
    }
    lines.set(gateway, found)
    return found
  }
  for (const { gateway, queued, failing_since: since } of pushers) {
    if (gateway === null) continue
    const line = lineOf(hostOf(gateway))
    line.devices++
    line.queued += queued
    if (since === null) continue
    line.failing++
    line.failingSince = Math.min(since, line.failingSince ?? since)
  }
  for (const { gateway, app_id: appId, hour, day, usual_share: usual } of gateways) {
    const line = lineOf(gateway)
    // An entry without an app is for all apps of a gateway with several.
    const isFirst = line.hour === null && line.day === null && line.usual === null
    if (appId === null || isFirst) Object.assign(line, { hour: hour.share, day: day.share, usual })
  }
  return [...lines.values()].toSorted((a, b) => b.failing - a.failing || b.devices - a.devices)
}

const hostOf = (origin: string): string => URL.parse(origin)?.host ?? origin
