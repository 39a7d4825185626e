const NO_SHARE = { arrived: 0, not_seen: 0, share: null }

/** `arrival` in the status of a pusher whose app has not fetched anything. */
export const NO_ARRIVAL = {
  state: 'unknown',
  last_arrived_at: null,
  usual_ms: null,
  not_seen: 0,
  waiting: 0,
  hour: NO_SHARE,
  day: NO_SHARE,
}
