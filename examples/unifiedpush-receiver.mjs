// A UnifiedPush receiver: an HTTP server whose URL is the pushkey. Usage: node unifiedpush-receiver.mjs
// HOME_SERVER ACCESS_TOKEN
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'

const [homeServer, accessToken] = process.argv.slice(2)

const receiver = createServer(async (request, response) => {
  const { notification } = await json(request)
  const { sender_display_name: sender, room_name: room, content, counts } = notification
  if (notification.event_id === undefined) console.log(`unread: ${counts?.unread ?? 0}`)
  else console.log(`${sender} in ${room}: ${content?.body ?? 'a new event'}`)
  response.writeHead(201).end()
})

receiver.listen(0, '127.0.0.1', async () => {
  const response = await fetch(`${homeServer}/_matrix/client/v3/pushers/set`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({
      kind: 'http',
      app_id: 'org.example.receiver',
      pushkey: `http://127.0.0.1:${receiver.address().port}/up`,
      app_display_name: 'Receiver',
      device_display_name: 'This computer',
      lang: 'en',
      data: { url: `${homeServer}/_matrix/push/v1/notify` },
    }),
  })
  console.log(response.ok ? 'waiting for messages' : (await response.json()).error)
})
