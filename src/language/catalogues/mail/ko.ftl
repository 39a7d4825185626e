message-from = { $sender } 님의 메시지
message-from-in = { $room }에서 { $sender } 님의 메시지
count-in-room = { $room }의 알림 { $count }개
count-in-rooms = 방 { $rooms }개의 알림 { $count }개
new-notifications = 새 알림

more-events = 이전 메시지 { $count }개
more-rooms = 그 밖에 방 { $rooms }개에 알림이 있습니다.
wrote = { $sender }:
no-name = (이름 없음)

about = { $server }에서 읽지 않은 내용을 메일로 보내 드립니다.
end-below = 메일을 그만 받으려면 다음 페이지를 여세요:
end-link = 메일 그만 받기
devices-link = 기기 설정
why-link = 이 알림을 받은 이유

test-subject = 테스트
test-text = 테스트 메일입니다. 알림이 이 메일함으로 도착합니다.

confirm-subject = 이메일 주소 확인
confirm-request = { $server }의 계정에 이 주소를 추가해 달라는 요청이 있었습니다.
confirm-if-you = 본인이 요청했다면 한 시간 안에 다음 페이지를 열고 주소를 확인하세요:
confirm-if-not = 본인이 요청하지 않았다면 아무것도 하지 않아도 됩니다. 확인해야만 주소가 추가됩니다.
