/** The time of the responding server's clock (RFC 9110, section 6.6.1), in milliseconds since the Unix epoch. */
export function dateIn(headers: Readonly<Record<string, string | string[] | undefined>>): number | undefined {
  const time = typeof headers['date'] === 'string' ? Date.parse(headers['date']) : NaN
  return Number.isNaN(time) ? undefined : time
}
