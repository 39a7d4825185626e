import { pino } from 'pino'

/** A log that discards everything. */
export const silentLog = pino({ level: 'silent' })
