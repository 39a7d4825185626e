## Everywhere
skip = 본문으로 건너뛰기
close = 닫기
cancel = 취소
nav-label = 화면
sign-out = 로그아웃
copy-link = 링크 복사
copy-json = JSON으로 복사
copy-done = 복사됨
copy-failed = 브라우저가 복사를 허용하지 않았습니다
clock-differs = 이 브라우저의 시계가 서버의 시계와 { $by } 차이 납니다. 아래 시간은 서버 기준입니다.
theme-label = 테마: { $theme }
theme-system = 시스템 설정
theme-light = 라이트
theme-dark = 다크
language-label = 언어
time-now = 방금
time-never = 없음

## States of every screen
state-loading = 불러오는 중
state-slow = 서버 응답이 평소보다 오래 걸립니다. 계속 기다리는 중입니다.
state-offline = 서버에 연결할 수 없습니다
state-forbidden = 볼 수 있는 권한이 없습니다
state-missing = 볼 수 있는 항목이 없습니다
state-failed = 서버가 응답하지 못했습니다
state-retry = 다시 시도

## Sign in
sign-in-title = Belfry
sign-in-about = 왜 울렸을까요? 왜 안 울렸을까요? 이 서버의 Matrix 계정으로 로그인하세요.
sign-in-user = 사용자 이름
sign-in-user-hint = 예: alice 또는 @alice:example.org
sign-in-password = 비밀번호
sign-in-token = 액세스 토큰
sign-in-token-hint = 클라이언트나 스크립트의 토큰입니다. 여기서 로그아웃해도 계속 유효합니다.
sign-in-token-of-link = 열어 본 링크에 포함되어 있었습니다.
sign-in-registration = 등록 토큰
sign-in-registration-hint = 이 서버의 관리자에게서 받은 것입니다.
sign-in-registration-refused = 이 등록 토큰은 알 수 없거나 모두 사용되었거나 만료되었습니다
sign-in-do = 로그인
sign-in-create = 계정 만들기
sign-in-with-account = 새 계정 만들기
sign-in-new-user-hint = 영문 소문자, 숫자 및 . _ = / -
sign-in-busy = 로그인 중…
sign-in-with-token = 액세스 토큰 사용
sign-in-with-password = 비밀번호 사용
sign-in-refused = 사용자 이름 또는 비밀번호가 올바르지 않습니다
sign-in-token-refused = 서버가 이 액세스 토큰을 알지 못합니다

## Keys
keys-title = 단축키
keys-filter = 필터로 이동
keys-next = 다음 행
keys-previous = 이전 행
keys-open = 행 열기
keys-back = 입력란에서 나가기 또는 목록으로 돌아가기
keys-test = 첫 번째 테스트 버튼으로 이동
keys-help = 이 목록
keys-switch = 한 글자 단축키 사용

## Today
today-title = 오늘
today-devices = 내 기기
today-recent = 최근에 있었던 일
today-all = 모든 이력
device-success = 마지막 알림
device-failing = 실패 시작
device-arrived = { $after } 후 도착
device-last-arrived = 마지막 도착
device-usually = 보통 { $after } 후
device-not-seen = { $count ->
   *[other] 최근 { $count }개가 도착하지 않음
}
device-queued = { $count ->
   *[other] { $count }개 대기 중
}
pusher-ok = 울림
pusher-unused = 아직 사용 안 함
pusher-pending = 앱에서 확인 안 됨
pusher-retrying = 재시도 중
pusher-failing = 실패 중
pusher-off = 꺼짐
pusher-not-seen = 보냈지만 확인 안 됨
test-send = 테스트 보내기
test-to = (받는 기기: { $name })
test-busy = 보내는 중…
test-ok = 보냄
test-rejected = 거부됨: 앱에 이 기기가 없습니다
test-unreachable = 게이트웨이에 연결할 수 없습니다
test-rate-limited = 게이트웨이가 기다려 달라고 요청합니다
test-not-registered = 이 기기는 더 이상 없습니다
test-blocked = 게이트웨이 주소가 허용되지 않습니다
test-disabled = 기기가 꺼져 있습니다
test-not-activated = 앱이 기기를 확인하지 않았습니다
test-unsupported = 이 종류의 기기는 테스트할 수 없습니다
first-title = 아직 알림을 받는 기기가 없습니다
first-about = 앱은 알림을 보낼 곳을 서버에 알려 줍니다. 이것을 푸셔라고 합니다. 푸셔를 만드는 방법은 두 가지입니다.
first-client = Element X, FluffyChat 또는 SchildiChat에서 서버 { $server }, 사용자 { $user } 계정으로 로그인하고 알림을 허용하세요.
first-curl = 또는 이 서버에 테스트용 수신함을 만드세요. TOKEN은 내 액세스 토큰입니다.
first-waiting = 첫 기기를 기다리는 중입니다. 이 페이지는 자동으로 바뀝니다.

ring-do = 이 브라우저 울리기
ring-step-permission = 브라우저가 알림을 표시해도 되는지 묻고 있습니다…
ring-step-subscribe = 브라우저의 푸시 서비스에 등록하는 중…
ring-step-confirm = 첫 푸시를 기다리는 중…
ring-step-ring = 울리는 중…
ring-done = 보냈습니다. 이제 브라우저에 알림이 표시됩니다.
ring-denied = 브라우저가 이 페이지의 알림을 허용하지 않습니다. 브라우저의 사이트 설정에서 허용하세요.
ring-off = 이 서버에는 Web Push가 없습니다(설정 push.web_push).
ring-no-service = 브라우저가 푸시 서비스에 등록하지 못했습니다.
ring-not-confirmed = 첫 푸시가 20초 안에 도착하지 않았습니다. 서버가 인터넷에 연결되는지 확인하세요.
ring-unsupported = 이 브라우저를 울리려면 콘솔을 https 또는 localhost로 여세요.
ring-app = Belfry 콘솔
ring-device = 이 브라우저
ring-title = 울립니다
ring-text = Belfry가 이 브라우저에 도달했습니다.

## Journeys
journeys-title = 이력
journeys-event = 이벤트 ID로 열기
list-event = 이벤트
list-why = 이유
list-no-devices = 기기 없음
list-older = 이전 이력 불러오기
list-news = { $count ->
   *[other] 새 이력 { $count }개
}
list-total = { $count ->
   *[other] 이력 { $count }개
}
list-total-at-least = { $count ->
   *[other] 이력 { $count }개 이상
}
list-none = 아직 아무 일도 없었습니다
list-none-about = 누군가 메시지를 보낼 때마다 울리거나 울리지 않은 이유와 함께 여기에 자동으로 표시됩니다.
list-none-match = 일치하는 이력이 없습니다
list-none-match-about = 필터를 지우거나 기다리세요. 새 이력은 자동으로 표시됩니다.
live-connecting = 연결 중
live-live = 실시간
live-paused = 일시 중지됨
live-failed = 5초마다
live-pause = 일시 중지
live-resume = 재개
filter-state = 상태
filter-device = 기기
filter-since = 기간
filter-room = 방 ID
filter-all = 전체
filter-clear = 필터 지우기
since-1h = 최근 1시간
since-24h = 최근 24시간
since-7d = 최근 7일
device-state-sent = 보냄
device-state-waiting = 대기 중
device-state-held = 보류 중
device-state-failing = 실패 중
device-state-silent = 무음
device-state-read-first = 먼저 읽음
device-state-skipped = 건너뜀
device-state-dropped = 거절됨
device-state-rejected = 거부됨
device-state-off = 꺼짐
device-state-unknown = 알 수 없음
type-m-room-message = 메시지
type-m-room-encrypted = 암호화된 메시지
type-m-room-member = 구성원 변경
type-m-call-invite = 통화
type-m-sticker = 스티커
type-m-room-topic = 주제
type-m-room-name = 방 이름
type-m-room-tombstone = 방 업그레이드
type-m-poll-start = 투표

## One journey
journey-title = 이벤트 이력
journey-decision = 판정
journey-devices = 기기
journey-no-devices = 기기가 없었습니다
journey-no-devices-about = 이벤트를 보낸 시점에 이 사용자에게는 알림을 받는 앱이 없었습니다.
journey-rule = 결정한 규칙:
journey-rules = 푸시 규칙(평가 순서)
journey-rules-changed = 그 후 규칙이 변경되었습니다. 목록은 현재 규칙이고, 판정은 저장된 것입니다.
journey-try = 이 이벤트로 규칙 시험
journey-removed = 제거됨
journey-untraced = 서버가 이력을 기록하지 않아(설정 trace.enabled) 시도 내역이 없습니다.
fact-when = 보낸 시간
fact-sender = 보낸 사람
fact-room = 방
fact-type = 유형
fact-user = 이력 대상
fact-read = 읽음
fact-read-yes = 예
fact-read-no = 아직
fact-event = 이벤트 ID
step-attempt = 시도 { $number }
step-status = 상태 { $status }
step-next = 다음 시도
step-unknown = 알 수 없음
step-waiting = 대기 중
step-held = 보류 중

step-sent = 보냄
step-fetched = 도착함
step-rejected = 거부됨
step-dropped = 거절됨
step-skipped = 보내지 않음
step-cleared = 제거됨
step-not-queued = 보내지 않음
step-not-seen = 확인 안 됨
step-gateway = 게이트웨이에 있음
reason-no-rule-matched = 일치하는 규칙 없음
reason-not-kept = 더 이상 기록 없음
reason-wakes-only = 기기만 깨움
reason-rules-failed = 규칙 오류
reason-not-fetched = 확인 안 됨
reason-read = 먼저 읽음
reason-gateway-failing = 게이트웨이 장애
reason-mail-server-failing = 메일 서버 장애
reason-suppressed-by-a-device-rule = 이 기기에서 알림 끔
reason-does-not-notify = 알리지 않음
reason-in-the-app-only = 앱 안에서만
reason-collapsed = 새 알림으로 대체됨
reason-active-elsewhere = 보류: 다른 기기 사용 중
reason-no-pushers = 기기 없음
reason-set-after-the-event = 나중에 설정됨
reason-pusher-disabled = 기기가 꺼져 있었음
reason-disabled = 기기가 꺼져 있음
reason-not-activated = 앱에서 확인 안 됨
reason-own-event = 내 이벤트
reason-not-a-member = 구성원이 아님
reason-sender-is-ignored = 무시한 사람
reason-redacted = 삭제된 메시지
reason-not-by-e-mail = 메일 제외
remedy-2xx = 게이트웨이가 응답했지만 알림을 받지 않았습니다. 게이트웨이 운영자가 로그에서 이유를 확인할 수 있습니다.
remedy-3xx = 게이트웨이가 리디렉션으로 응답했습니다. 푸셔에 최종 주소를 설정하세요.
remedy-4xx = 게이트웨이가 요청을 거절합니다. 푸셔의 app id와 주소를 확인하세요.
remedy-5xx = 게이트웨이에 장애가 있습니다. 서버가 자동으로 다시 시도합니다.
remedy-connection-refused = 게이트웨이 주소에서 응답하는 것이 없습니다. 게이트웨이가 실행 중인지, 포트가 맞는지 확인하세요.
remedy-dns = 게이트웨이의 호스트 이름이 존재하지 않습니다. 푸셔의 주소를 확인하세요.
remedy-timeout = 게이트웨이가 제시간에 응답하지 않았습니다. 서버가 자동으로 다시 시도합니다.
remedy-tls = 게이트웨이의 인증서를 신뢰할 수 없습니다. 인증서를 갱신하거나 push.extra_ca로 인증 기관을 추가하세요.
remedy-blocked-by-the-IP-policy = 공개 주소가 아닙니다. 신뢰하는 주소라면 push.allow_ip_ranges로 허용하세요.

## Rules
rules-not-matched = { $count ->
   *[other] 규칙 { $count }개가 일치하지 않음
}
rules-not-reached = { $count ->
   *[other] 나머지 규칙 { $count }개는 필요하지 않았습니다.
}
verdict-matched = 일치
verdict-wakes-only = 기기만 깨움
verdict-no-match = 불일치
verdict-disabled = 꺼짐
verdict-malformed = 형식 오류
verdict-not-evaluated = 평가 안 됨
check-holds = 충족
check-fails = 미충족
check-expected = 예상 값
check-actual = 실제 값
check-nothing = 없음
condition-event-match = 이벤트가 패턴과 일치함
condition-event-property-is = 이벤트의 속성이 특정 값임
condition-event-property-contains = 이벤트의 목록에 특정 값이 있음
condition-contains-display-name = 본문에 내 이름이 있음
condition-room-member-count = 방의 구성원이 특정 인원수임
condition-sender-notification-permission = 보낸 사람이 방 전체에 알릴 수 있음
rule-own = 내 규칙 { $id } ({ $kind })
rule-device = { $handle }만
kind-override = override
kind-content = 단어
kind-room = 방
kind-sender = 보낸 사람
kind-underride = underride
rule-m-rule-master = 모두 음소거
rule-m-rule-suppress-notices = 봇 메시지
rule-m-rule-invite-for-me = 나에게 온 초대
rule-m-rule-member-event = 구성원 변경
rule-m-rule-is-user-mention = 나에 대한 멘션
rule-m-rule-contains-display-name = 본문에 있는 내 이름
rule-m-rule-is-room-mention = 방 멘션
rule-m-rule-roomnotif = 본문에 있는 @room
rule-m-rule-tombstone = 방 업그레이드
rule-m-rule-reaction = 반응
rule-m-rule-room-server-acl = 방의 서버 목록
rule-m-rule-suppress-edits = 메시지 수정
rule-m-rule-contains-user-name = 본문에 있는 내 사용자 이름
rule-m-rule-call = 통화
rule-m-rule-encrypted-room-one-to-one = 1:1 암호화된 메시지
rule-m-rule-room-one-to-one = 1:1 메시지
rule-m-rule-message = 메시지
rule-m-rule-encrypted = 암호화된 메시지

## The table of rules
rules-title = 규칙
rules-about = 무엇이 어디서 울리는지 정합니다. 기기 규칙은 해당 기기에서만 계정 규칙보다 먼저 적용됩니다. 읽지 않은 수는 계정 규칙만 따릅니다.
rules-account = 계정
rules-device = 기기
rules-filter = 방 찾기
rules-rooms = 방
rules-senders = 사람
rules-contents = 단어
rules-room = 방
rules-sender = 사람
rules-content = 단어
rules-no-rooms = 방을 찾지 못했습니다.
rules-no-senders = 사람에 대한 규칙이 없습니다.
rules-no-contents = 단어에 대한 규칙이 없습니다.
rules-more = 더 보기
rules-cell = { $what }, { $where }
rules-effect = 동작
rules-period = 기간
rules-save = 저장
rules-add = 추가
rules-add-sender = 상대방의 사용자 ID
rules-add-content = 단어(*와 ?는 임의의 문자)
rules-other = 기타 규칙
rules-own = 조건이 있는 내 규칙
rules-defaults = 기본 규칙
rules-rule = 규칙
rules-state = 상태
rules-actions = 변경
rules-on = 켜짐
rules-off = 꺼짐
rules-switch-on = 켜기
rules-switch-off = 끄기
rules-delete = 삭제
rules-ends = 종료
effect-inherits = 평소대로
effect-muted = 음소거
effect-mentions = 멘션만
effect-silent = 알리지 않음
effect-quiet = 소리 없이 알림
effect-rings = 울림
effect-highlight = 울리고 강조 표시
period-always = 계속
period-hour = 1시간
period-work = 8시간
period-day = 하루

## The doctor
doctor-title = 진단
doctor-nothing = 알림 도착을 막는 문제가 없습니다
doctor-more = { $count ->
   *[other] 이 문제들을 해결하면 진단 결과 { $count }개가 더 표시됩니다.
}
severity-problem = 문제
severity-warning = 경고
severity-hint = 힌트
finding-busy = 변경 중…
finding-done = 완료
finding-no-pusher = 알림을 받는 기기가 없습니다.
finding-notifications-are-off = 모든 알림이 꺼져 있습니다.
finding-no-process-delivers = 서버가 지금 알림을 보내지 않고 있습니다. 다시 보낼 때까지 알림은 대기합니다.
finding-pusher-is-failing = { $device } 알림이 { $since }부터 실패하고 있습니다.
finding-pusher-is-retrying = { $device } 알림이 { $since }부터 실패하고 있습니다.
finding-pusher-is-disabled = { $device } 기기가 꺼져 있습니다.
finding-pusher-is-not-confirmed = { $device }의 앱이 알림을 받겠다고 확인하지 않았습니다.
finding-pushes-do-not-arrive = { $device } 기기가 { $since }부터 알림 받은 내용을 전혀 가져가지 않았습니다.
finding-handle-is-shared = { $device } 기기는 다른 기기와 식별자({ $handle })가 같아서 규칙도 같습니다.
finding-device-rules-without-a-pusher = 식별자 { $handle }에 대한 규칙이 있지만 이 식별자를 가진 기기가 없습니다.
finding-calls-cannot-ring = 다음 규칙 때문에 { $device }에서 통화가 울릴 수 없습니다: { $rule }
finding-calls-in-a-room-cannot-ring = 다음 규칙 때문에 { $room }의 통화가 { $device }에서 울릴 수 없습니다: { $rule }
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
   *[other] 서버는 암호화된 방 { $count }개의 멘션을 볼 수 없습니다. { $device } 기기는 볼 수 있지만 그 메시지를 전달받지 못합니다.
}
finding-rule-contradicts-itself = 조건이 서로 모순되어 절대 일치할 수 없는 규칙입니다: { $rule }
finding-rule-has-an-unknown-condition = 서버가 모르는 조건이 있어 절대 일치할 수 없는 규칙입니다: { $rule }
finding-rule-is-shadowed = { $rule }: 같은 대상과 일치하는 다음 규칙이 먼저 적용되어 절대 일치할 수 없습니다: { $other }
finding-rule-for-a-room-that-was-left = 참여하고 있지 않은 방에 대한 규칙입니다: { $rule }
finding-room-is-muted-twice = { $room } 방이 두 규칙으로 음소거되어 있습니다: { $other }, { $rule }
advice-no-pusher = 기기의 앱에서 로그인하고 알림을 허용하세요.
advice-notifications-are-off = 알림을 받으려면 켜세요.
advice-no-process-delivers = 서버 관리자에게 문의하세요. 사라지는 알림은 없습니다.
advice-pusher-is-failing = 서버가 자동으로 다시 시도합니다. 기기에 앱이 더 이상 없다면 이 기기를 삭제하세요. 그렇지 않다면 게이트웨이를 고쳐야 합니다.
advice-pusher-is-retrying = 서버가 자동으로 다시 시도하며, 사라지는 알림은 없습니다.
advice-pusher-was-removed = 기기에서 앱을 열어 알림에 다시 등록되도록 하세요.
advice-pusher-is-disabled = 이 기기에서 알림을 받으려면 켜세요.
advice-pusher-is-not-confirmed = 기기에서 앱을 여세요.
advice-pushes-do-not-arrive = 기기에서 앱을 여세요. 기기가 온라인인지, 시스템에서 앱의 알림 수신과 백그라운드 실행을 허용하는지 확인하세요.
advice-handle-is-shared = 의도한 것이 아니라면 이 기기에 별도의 식별자를 지정하세요.
advice-device-rules-without-a-pusher = 앱이 이 식별자로 등록되면 다시 적용됩니다.
advice-calls-cannot-ring = 해당 규칙을 변경하거나 통화 규칙을 추가하세요.
advice-calls-in-a-room-cannot-ring = 이 방의 통화를 울리게 하거나 음소거 상태로 두세요.
advice-mentions-in-encrypted-rooms-are-hidden = 기기가 멘션을 찾을 수 있도록 암호화된 메시지를 보내세요.
advice-rule-has-an-unknown-condition = 규칙을 고치거나 삭제하세요.
advice-rule-contradicts-itself = 규칙을 고치거나 삭제하세요.
advice-rule-is-shadowed = 둘 중 하나를 삭제하거나 순서를 바꾸세요.
advice-rule-for-a-room-that-was-left = 방에 돌아갈 생각이 없다면 규칙을 삭제하세요.
advice-room-is-muted-twice = 이 방의 알림을 다시 받으려면 둘 다 삭제해야 합니다. 지금 하나를 삭제하세요.
remedy-delete-rule = { $rule } 삭제
remedy-enable-rule = { $rule } 켜기
remedy-disable-rule = { $rule } 끄기
remedy-let-calls-ring = { $device }에서 통화 울리기
remedy-send-encrypted-messages = 암호화된 메시지를 모두 { $device }에 보내기
remedy-enable-pusher = { $device } 켜기
remedy-delete-pusher = { $device } 삭제
remedy-send-a-test = { $device }에 테스트 보내기
remedy-own-handle-with-the-rules = { $device }에 별도의 식별자 지정(규칙 복사)
remedy-own-handle-without-rules = { $device }에 별도의 식별자 지정(규칙 없음)

## Devices
devices-title = 기기
devices-about = 이 서버가 알림을 보내는 내 앱과 그 동작, 문제점입니다.
devices-none = 아직 알림을 받는 기기가 없습니다
devices-none-about = 기기를 추가하는 방법은 첫 화면에 있습니다.
devices-removed = 최근 30일 동안 제거됨
devices-device = 기기
devices-when = 제거 시간
devices-why = 이유
device-arrived-unknown = 알 수 없음: 앱이 알림 받은 내용을 가져가지 않습니다
device-error = 마지막 오류
device-held = 보류 기한
device-waiting = 대기열
device-gateway = 게이트웨이
device-gateway-none = 없음
device-handle = 식별자
device-handle-none = 없음
device-app = App id
device-settings = 설정
device-enabled = 이 기기의 알림
device-badges = 앱 아이콘에 표시할 숫자 보내기
device-hold = 다른 기기를 사용하는 동안 기다릴 시간
device-hold-hint = 그동안 다른 기기에서 읽은 것은 이 기기로 보내지 않습니다.
device-hold-none = 기다리지 않음
removed-deleted = 사용자 또는 앱이 삭제함
removed-rejected = 게이트웨이가 기기가 없어졌다고 알림
removed-device-removed = 기기가 로그아웃됨
removed-taken-over = 다른 사용자가 이 기기에서 로그인함
removed-account-closed = 계정이 폐쇄됨
removed-unsubscribed = 구독이 종료됨
removed-address-removed = 주소가 제거됨
removed-not-confirmed = 앱이 확인하지 않음

## Try a rule
try-title = 규칙 시험
try-about = 규칙을 저장하기 전에는 아무것도 보내거나 저장하지 않습니다.
try-event = 이벤트
try-room-hint = 참여 중인 방입니다. 그 방의 구성원과 내 이름을 사용합니다. 비워 두어도 됩니다.
try-event-json = 이벤트(JSON)
try-bad-event = 이벤트가 JSON이 아닙니다: { $error }
try-rule = 규칙
try-subject = 적용 대상
try-subject-word = 단어가 있는 메시지
try-subject-room = 한 방의 모든 것
try-subject-sender = 한 사람이 보낸 모든 것
try-subject-conditions = 직접 만든 조건
try-value-word = 단어(*와 ?는 임의의 문자)
try-value-room = 방 ID
try-value-sender = 사용자 ID
try-value-conditions = 조건(JSON 목록)
try-effect = 동작
try-effect-ring = 울리기
try-effect-highlight = 울리고 강조 표시
try-effect-quiet = 소리 없이 알림
try-effect-mute = 알리지 않음
try-scope = 대상 기기
try-all-devices = 모든 기기
try-do = 시험하기
try-result = 예상 결과
try-counts = 이 이벤트는 알림을 보냅니다.
try-counts-not = 이 이벤트는 알림을 보내지 않습니다.
try-no-devices = 아직 기기가 없어서 아무것도 울리지 않습니다.
try-rings = 울림
try-silent = 소리 없이 알림
try-nothing = 아무 일 없음
try-handle = 식별자 { $handle }
try-save-account = 이 계정에 저장
try-save-device = 이 기기에 저장
try-saved = 저장됨

preview-title = { $count ->
   *[other] 이 규칙을 적용한 최근 이벤트 { $count }개
}
preview-account = 읽지 않은 수
preview-none = 변화 없음
preview-rings = { $count ->
   *[other] { $count }개가 더 울림
}
preview-silent = { $count ->
   *[other] { $count }개가 울리지 않게 됨
}
preview-differs = { $count ->
   *[other] { $count }개의 소리가 달라짐
}
preview-cut = 규칙이 너무 복잡해서 모든 이벤트에 대해 평가할 수 없습니다.
change-rings = 울림
change-silent = 울리지 않게 됨
change-differs = 소리가 달라짐

## A path without a screen
missing-title = 없는 화면입니다
missing-about = 콘솔에 이 주소의 화면이 없습니다.

## Administration
admin-title = 관리
admin-about = 모든 사용자의 게이트웨이와 기기입니다. 메시지와 기기 주소는 여기에 표시되지 않습니다.
admin-alarms = 경보
admin-no-alarms = 경보 없음
admin-alarm = 최근 { $window } 동안 { $gateway }을(를) 통한 푸시 중 { $share }만 도착했습니다(평소 { $usual }).
admin-window-hour = 1시간
admin-window-day = 하루
admin-trouble = { $app }: { $reason }, { $since }부터
admin-gateways = 게이트웨이
admin-no-gateways = 아직 게이트웨이가 있는 기기가 없습니다.
admin-gateway = 게이트웨이
admin-gateway-others = 기타 게이트웨이
admin-devices = 기기
admin-failing = 실패 중
admin-queue = 대기 중
admin-oldest = 실패 시작
admin-hour = 도착(최근 1시간)
admin-day = 도착(최근 하루)
admin-usual = 평소
admin-share-unknown = 알 수 없음
admin-apps = 이 서버 게이트웨이의 앱
admin-no-apps = 이 서버의 게이트웨이에 앱이 없습니다.
admin-app = 앱
admin-app-state = 상태
admin-app-waiting = 요청
admin-app-requests = { $running }개 실행 중, { $waiting }개 대기 중
admin-app-expires = 자격 증명 만료
admin-app-ok = 정상
admin-app-degraded = 일부만 정상
admin-app-failing = 실패 중
admin-app-alarmed = 대부분의 기기를 거부함
admin-states = 기기 상태
admin-state-count = { $count ->
   *[other] 기기 { $count }대
}
admin-users = 사용자 기기
admin-user = 사용자
admin-find = 사용자 또는 기기 찾기
admin-no-users = 기기를 찾지 못했습니다.
admin-error = 마지막 오류
admin-more = 더 불러오기
resend-do = 다시 보내기
resend-to = (받는 기기: { $name })

## 사용자
users-title = 사용자
users-about = 이 서버의 계정입니다. 변경은 바로 적용됩니다.
users-find = 사용자 ID 또는 표시 이름
users-search = 검색
users-none = 사용자를 찾지 못했습니다.
users-seen = 마지막 요청
users-admin = 관리자
users-active = 활성
users-locked = 잠김
users-suspended = 정지됨
users-lock = 잠그기
users-unlock = 잠금 해제
users-suspend = 정지하기
users-unsuspend = 정지 해제
users-lock-about = 잠금을 해제할 때까지 { $user } 님은 계정을 사용할 수 없고, 기기로 아무것도 전송되지 않습니다.
users-unlock-about = { $user } 님은 다시 계정을 사용할 수 있고, 기기가 다시 알림을 받습니다.
users-suspend-about = 정지를 해제할 때까지 { $user } 님은 읽을 수는 있지만, 다른 사람이 보는 것을 보내거나 바꿀 수 없습니다.
users-unsuspend-about = { $user } 님은 다시 보내고, 다른 사람이 보는 것을 바꿀 수 있습니다.
