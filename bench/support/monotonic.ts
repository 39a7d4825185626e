/** Milliseconds on a clock that all processes of this machine share, so that one can send what another receives. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
