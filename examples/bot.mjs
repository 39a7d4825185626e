// A bot that accepts invitations and answers "!ping". Usage: node bot.mjs HOME_SERVER ACCESS_TOKEN
const [homeServer, accessToken] = process.argv.slice(2)

async function ask(method, path, body) {
  const response = await fetch(`${homeServer}/_matrix/client/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${accessToken}` },
    body: body && JSON.stringify(body),
  })
  const json = await response.json()
  if (!response.ok) throw new Error(`${path}: ${json.error}`)
  return json
}

const { user_id: self } = await ask('GET', '/account/whoami')
// Only what comes after the start is answered.
let { next_batch: since } = await ask('GET', '/sync?timeout=0')
console.log(`${self} is waiting for messages`)

for (;;) {
  const news = await ask('GET', `/sync?since=${since}&timeout=30000`)
  for (const room of Object.keys(news.rooms?.invite ?? {}))
    await ask('POST', `/join/${encodeURIComponent(room)}`, {})
  for (const [room, { timeline }] of Object.entries(news.rooms?.join ?? {}))
    for (const event of timeline?.events ?? [])
      if (event.sender !== self && event.content?.body === '!ping')
        // The transaction id contains the event id: a repeated answer is sent once.
        await ask(
          'PUT',
          `/rooms/${encodeURIComponent(room)}/send/m.room.message/pong-${encodeURIComponent(event.event_id)}`,
          {
            msgtype: 'm.text',
            body: 'pong',
          },
        )
  since = news.next_batch
}
