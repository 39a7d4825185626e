//! A push gateway that receives the pokes of a pusher and rejects none.

use std::time::Duration;

use matrix_sdk::ruma::{OwnedEventId, OwnedRoomId, exports::serde_json::Value};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use crate::Outcome;

/// A poke for an event. Pokes of the badge alone are not passed on.
pub struct Poke {
    pub event_id: OwnedEventId,
    pub room_id: OwnedRoomId,
}

pub struct PokeReceiver {
    url: String,
    pokes: mpsc::UnboundedReceiver<Poke>,
}

impl PokeReceiver {
    pub async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/_matrix/push/v1/notify", listener.local_addr()?);
        let (sender, pokes) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, sender.clone()));
            }
        });
        Ok(Self { url, pokes })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub async fn next(&mut self, limit: Duration) -> Outcome<Poke> {
        timeout(limit, self.pokes.recv())
            .await
            .map_err(|_| "no poke arrived")?
            .ok_or_else(|| "the gateway has ended".into())
    }
}

/// Answers the requests of one connection, one after the other.
async fn serve(mut stream: TcpStream, pokes: mpsc::UnboundedSender<Poke>) -> Outcome<()> {
    let mut received = Vec::new();
    loop {
        while let Some(length) = request_length(&received) {
            if received.len() < length {
                break;
            }
            let request: Vec<u8> = received.drain(..length).collect();
            if let Some(poke) = poke_of(&request) {
                pokes.send(poke)?;
            }
            stream
                .write_all(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 15\r\n\r\n{\"rejected\":[]}",
                )
                .await?;
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await? {
            0 => return Ok(()),
            count => received.extend_from_slice(&part[..count]),
        }
    }
}

fn head_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|part| part == b"\r\n\r\n").map(|at| at + 4)
}

/// Bytes of the head and the body, as soon as the head is complete.
fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = head_length(bytes)?;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    Some(head + length.trim().parse::<usize>().ok()?)
}

fn poke_of(request: &[u8]) -> Option<Poke> {
    let body: Value = matrix_sdk::ruma::exports::serde_json::from_slice(&request[head_length(request)?..]).ok()?;
    let field = |name: &str| body["notification"][name].as_str().map(str::to_owned);
    Some(Poke {
        event_id: field("event_id")?.try_into().ok()?,
        room_id: field("room_id")?.try_into().ok()?,
    })
}
