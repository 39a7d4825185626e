import { type ComponentChildren, h } from 'preact'
import { useMemo } from 'preact/hooks'
import { clockOffset } from '../api.ts'
import { now } from '../stores/now.ts'
import { currentLocale, t } from '../words.ts'

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const
const A_MOMENT_MS = 10_000
const A_MONTH_MS = 30 * 86_400_000

/** A time of the server: relative, with the absolute time in the time zone of the reader as its title. */
export function When({ at }: { at: number | null }): ComponentChildren {
  if (at === null) return h('span', { class: 'muted' }, t('time-never'))
  return h(KnownTime, { at })
}

function KnownTime({ at }: { at: number }): ComponentChildren {
  const absolute = useMemo(() => absoluteTime(at), [at])
  return h(
    'time',
    { dateTime: new Date(at).toISOString(), title: absolute },
    relativeTime(at - (now.value + clockOffset.value)),
  )
}

export function absoluteTime(at: number): string {
  return new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium', timeStyle: 'medium' }).format(at)
}

/** `ms`: negative for the past. */
function relativeTime(ms: number): string {
  const size = Math.abs(ms)
  if (size < A_MOMENT_MS) return t('time-now')
  if (size > A_MONTH_MS)
    return new Intl.DateTimeFormat(currentLocale(), { dateStyle: 'medium' }).format(Date.now() + ms)
  const [unit, length] = UNITS.find(([, one]) => size >= one) ?? UNITS[3]
  return new Intl.RelativeTimeFormat(currentLocale(), { numeric: 'auto' }).format(
    Math.round(ms / length),
    unit,
  )
}

/** A duration, such as `12 ms` or `3.4 s`. */
export function duration(ms: number): string {
  const [value, unit] =
    ms < 1_000 ? [ms, 'millisecond'] : ms < 60_000 ? [ms / 1_000, 'second'] : [ms / 60_000, 'minute']
  const maximumFractionDigits = ms < 1_000 ? 0 : 1
  return new Intl.NumberFormat(currentLocale(), {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits,
  }).format(value)
}
