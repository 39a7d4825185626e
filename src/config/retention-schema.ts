import { z } from 'zod'
import { count, flagOff, setting } from './setting.ts'

const days = z.int().min(1).max(36_500)

/** Retention of history (MSC1763). */
export const retentionSchema = z.strictObject({
  enabled: setting(flagOff, {
    about:
      'Remove messages that are older than the limit of their room: `max_lifetime` of its `m.room.retention` (MSC1763), within the limits below, or `retention.default_days`. State is kept, and so is the newest event of a room.',
  }),
  default_days: setting(days.optional(), {
    about: 'Number of days for which messages are kept in rooms that do not say it.',
    shownDefault: 'for ever',
  }),
  least_days: setting(days.default(1), {
    about: 'A room that wants a shorter time gets this number of days.',
  }),
  most_days: setting(days.optional(), {
    about:
      'A room that wants a longer time gets this number of days. It does not concern a room that does not say it: see `retention.default_days`.',
    shownDefault: 'no limit',
  }),
  interval_minutes: setting(count(60, { max: 10_080 }), {
    about: 'How often messages that have become too old are removed.',
  }),
})

export type RetentionSettings = z.output<typeof retentionSchema>
