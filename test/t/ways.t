# Every way on which a request comes to a proxied WebSocket route. What is judged there may be switched, by
# a valid handshake and by nothing else; what is not judged (a subrequest, an ErrorDocument) reaches the
# backend without Upgrade. The backend itself looks at each Upgrade that it is sent: wrong_with() of
# test/backend/raw.py.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Path qw(make_path);
use JSON::PP   ();
use Lacks;
use Raw;
use Server;
use Wire;

my $raw     = Apache::Test::vars('raw_port');
my @modules = qw(authz_core alias dir rewrite negotiation mime include asis http2 proxy proxy_http
  proxy_wstunnel proxy_balancer lbmethod_byrequests slotmem_shm);
my $page  = '0123456789' x 1000;
my $frame = "\x81\x05hello";

# What the backend is asked for: "real" switches when it is asked to, else it sends the page; "greets"
# switches always.
my @answers = qw(real greets);

# Routes: name => the URL that mod_proxy is given, and what else the arrangement needs.
my (%url, @routes);
my $setup = '';
for my $carrier (qw(thread event)) {
    my %arrangement = (
        http     => ["http://127.0.0.1:$raw/strict/http-$carrier", ''],
        ws       => ["ws://127.0.0.1:$raw/strict/ws-$carrier", ''],
        up       => ["http://127.0.0.1:$raw/strict/up-$carrier", ' upgrade=websocket'],
        balancer => ["balancer://$carrier", ''],
    );
    $setup .= "<Proxy balancer://$carrier>\n"
      . "BalancerMember http://127.0.0.1:$raw/strict/balancer-$carrier upgrade=websocket\n</Proxy>\n";
    for my $name (sort keys %arrangement) {
        my ($url, $parameter) = @{ $arrangement{$name} };
        push @routes, "$name-$carrier";
        $url{ $routes[-1] } = $url;
        $setup .= "ProxyPass /r/$routes[-1]/ $url/$parameter\n";
    }
    $setup .= "<LocationMatch ^/(r|p|pd|sh|neg)/\\w+-$carrier/>\n"
      . "UpgradeKeep WebSocket\nUpgradeTunnel $carrier\n"
      . "UpgradeWebSocketOrigin https://good.test\nUpgradeWebSocketProtocol chat\n</LocationMatch>\n";
}

my $server = Server->new(modules => \@modules, helper => 1);
my $root   = "$server->{folder}/htdocs";

sub put {
    my ($path, $text) = @_;
    make_path($path =~ s{/[^/]*\z}{}r);
    open my $file, '>', $path or die "$path: $!";
    print $file $text;
    close $file or die $!;
    return;
}
sub section { my ($path, @lines) = @_; return join "\n", "<Location $path>", @lines, '</Location>', '' }
sub folder { my ($path, @lines) = @_; return join "\n", "<Directory $path>", @lines, '</Directory>', '' }

# Ways to a route: name, the path of the client's request, for a route and an answer, and whether only GET
# goes there.
my @judged = (
    ['direct',                    sub { "/r/$_[0]/$_[1]" }],
    ['after a look ahead',        sub { "/la/$_[0]/$_[1]" }],
    ['internal redirect',         sub { "/rw/r/$_[0]/$_[1]" }],
    ['internal redirect, as-is',  sub { "/asis/$_[0]/$_[1].asis" }, 'GET'],
    ['two redirects',             sub { "/rw/rw/r/$_[0]/$_[1]" }],
    ['DirectoryIndex',            sub { "/index/$_[0]/$_[1]/" }],
    ['FallbackResource',          sub { "/fallback/$_[0]/$_[1]" }],
    ['RewriteRule [P]',           sub { "/p/$_[0]/$_[1]" }],
    ['RewriteRule [P], directory', sub { "/pd/$_[0]/$_[1]" }],
    ['SetHandler',                sub { "/sh/$_[0]/$_[1]" }],
    ['MultiViews',                sub { "/neg/$_[0]/$_[1]" }],
);
my @unjudged;

# An ErrorDocument and an include that lead to the route in each of these ways
for my $way (@judged) {
    my ($name, $path) = @$way;
    my $folder = $name =~ s/\W+/-/gr;
    push @unjudged, ["ErrorDocument, $name", sub { "/err/$folder/$_[0]/$_[1]" }],
      ["include, $name", sub { "/ssi/$folder/$_[0]/$_[1].shtml" }],
      ["include in an ErrorDocument, $name", sub { "/errssi/$folder/$_[0]/$_[1]" }];
    for my $route (@routes) {
        for my $answer (@answers) {
            $setup .= section("/err/$folder/$route/$answer", 'Require all denied',
                'ErrorDocument 403 ' . $path->($route, $answer));
            $setup .= section("/errssi/$folder/$route/$answer", 'Require all denied',
                "ErrorDocument 403 /ssi/$folder/$route/$answer.shtml");
            put("$root/ssi/$folder/$route/$answer.shtml",
                '<p><!--#include virtual="' . $path->($route, $answer) . '" --></p>');
        }
    }
}
for my $route (@routes) {
    $setup .= section("/sh/$route/", qq(SetHandler "proxy:$url{$route}"));
    $setup .= "RewriteRule ^/p/$route/(.*)\$ $url{$route}/\$1 [P]\n";
    $setup .= folder("$root/pd/$route", 'RewriteEngine on', "RewriteRule ^(.*)\$ $url{$route}/\$1 [P]");
    $setup .= folder("$root/neg/$route", 'Options +MultiViews', qq(SetHandler "proxy:$url{$route}"));
    make_path("$root/pd/$route", "$root/sh/$route");
    for my $answer (@answers) {
        put("$root/neg/$route/$answer.html", '');
        put("$root/asis/$route/$answer.asis", "Status: 200 OK\nLocation: /r/$route/$answer\n\n");
        make_path("$root/index/$route/$answer");
        $setup .= section("/index/$route/$answer/", "DirectoryIndex /r/$route/$answer");
        $setup .= section("/fallback/$route/$answer", "FallbackResource /r/$route/$answer");
    }
}
make_path("$root/rw");
$setup .= <<"SETUP";
DocumentRoot $root
TypesConfig /dev/null
AddType text/html .html .shtml
AddOutputFilter INCLUDES .shtml
AddHandler send-as-is .asis
<Directory $root>
Options +Includes
</Directory>
<Directory $root/rw>
RewriteEngine on
RewriteRule ^(.*)\$ /\$1
</Directory>
RewriteEngine on
RewriteCond /r/\$1 -U
RewriteRule ^/la/(.*)\$ /r/\$1 [PT]
ProxyPreserveHost On
AsyncRequestWorkerFactor 100
Protocols h2c http/1.1
H2WebSockets on
SETUP

# A good handshake, and what becomes of one by changes: name => value, undef for none, a list for several
# lines.
my %good = (
    'Upgrade'                  => 'websocket',
    'Connection'               => 'Upgrade',
    'Sec-WebSocket-Version'    => 13,
    'Sec-WebSocket-Key'        => WS_KEY,
    'Sec-WebSocket-Protocol'   => 'v2, chat',
    'Sec-WebSocket-Extensions' => 'permessage-deflate; client_max_window_bits',
    'Origin'                   => 'https://good.test',
    'Cookie'                   => 'a=b; c="d"',
    'User-Agent'               => 'a client',
    'Host'                     => 'localhost',
);
my $key = WS_KEY;
my @cases = (
    # [name, reason or "" for a good one, changes, method and version, body]
    ['good', '', {}],
    ['a list of protocols',     '', { 'Upgrade' => 'h2c, WebSocket' }],
    ['Upgrade in two lines',    '', { 'Upgrade' => ['h2c', 'websocket'] }],
    ['more in Connection',      '', { 'Connection' => 'keep-alive, UPGRADE, X-Other' }],
    ['Connection in two lines', '', { 'Connection' => ['keep-alive', 'upgrade'] }],
    ['another end-to-end field in Connection', '', { 'Connection' => 'Upgrade, Authorization' }],
    ['a name like one of them', '', { 'Connection' => 'Upgrade, X-Origin, Cookie2' }],
    ['subprotocols in two lines', '', { 'Sec-WebSocket-Protocol' => ['v2', 'chat'] }],
    ['no Origin',               '', { 'Origin' => undef }],
    ['no cookie',               '', { 'Cookie' => undef }],

    ['no Upgrade',         'websocket-stripped', { 'Upgrade' => undef }],
    ['another Upgrade',    'websocket-stripped', { 'Upgrade' => 'websocket/13' }],
    ['no Connection',      'websocket-stripped', { 'Connection' => undef }],
    ['another Connection', 'websocket-stripped', { 'Connection' => 'keep-alive' }],
    ['HTTP/1.0',           'websocket-http-version', {}, 'GET 1.0'],
    ['POST',               'websocket-method', {}, 'POST 1.1'],
    ['HEAD',               'websocket-method', {}, 'HEAD 1.1'],
    ['a body',             'websocket-body', { 'Content-Length' => 5 }, 'GET 1.1', 'hello'],
    ['a chunked body',     'websocket-body', { 'Transfer-Encoding' => 'chunked' }, 'GET 1.1',
        "5\r\nhello\r\n0\r\n\r\n"],
    ['no version',         'websocket-version', { 'Sec-WebSocket-Version' => undef }],
    ['an old version',     'websocket-version', { 'Sec-WebSocket-Version' => 8 }],
    ['two versions',       'websocket-version', { 'Sec-WebSocket-Version' => [13, 13] }],
    ['no key',             'websocket-key', { 'Sec-WebSocket-Key' => undef }],
    ['a short key',        'websocket-key', { 'Sec-WebSocket-Key' => 'YQ==' }],
    ['two keys',           'websocket-key', { 'Sec-WebSocket-Key' => [$key, $key] }],
    ['a key that Connection names', 'websocket-connection', { 'Connection' => 'Upgrade, Sec-WebSocket-Key' }],
    ['a subprotocol that Connection names', 'websocket-connection',
        { 'Connection' => 'sec-websocket-protocol, upgrade' }],
    ['an alien Origin',    'websocket-origin', { 'Origin' => 'https://evil.test' }],
    ['two Origins',        'websocket-origin', { 'Origin' => ['https://good.test', 'https://evil.test'] }],
    ['no subprotocol',     'websocket-subprotocol', { 'Sec-WebSocket-Protocol' => undef }],
    ['another subprotocol', 'websocket-subprotocol', { 'Sec-WebSocket-Protocol' => 'Chat' }],
);
# What else Connection may name, and how: enough on one way
my @named;
sub named {
    my ($value) = @_;
    return [join(' + ', ref $value ? @$value : $value), 'websocket-connection', { 'Connection' => $value }];
}
for my $name (map({ "Sec-WebSocket-$_" } qw(Key Version Protocol Extensions)), qw(Origin Host Cookie)) {
    push @named, map { named($_) } "Upgrade, $name", "\L$name\E,upgrade", ['Upgrade', "\U$name"];
}
push @named, map { named("Upgrade, $_") } '"Origin"', 'x;Origin', 'x Origin', "x\tOrigin", ',, Origin ,',
  'x, "a, Origin', '"Sec-WebSocket-Key", x', 'Sec-WebSocket-Accept';

my %status = (
    'websocket-stripped' => 426, 'websocket-http-version' => 426, 'websocket-version' => 426,
    'websocket-method' => 405, 'websocket-origin' => 403,
);

# The request of a case. X-Sent tells the backend what it is to receive.
sub request {
    my ($case, $path, $mark) = @_;
    my (undef, undef, $changes, $line, $body) = @$case;
    my ($method, $version) = split ' ', $line || 'GET 1.1';
    my %fields = (%good, %$changes);
    my (@lines, %sent);
    for my $name (sort grep { defined $fields{$_} } keys %fields) {
        my @values = ref $fields{$name} ? @{ $fields{$name} } : $fields{$name};
        push @lines, map { "$name: $_" } @values;
        $sent{ lc $name } = join ', ', @values if exists $good{$name} && $name !~ /^(Upgrade|Connection)$/;
    }
    my $sent = JSON::PP->new->canonical->encode(\%sent);
    return join "\r\n", "$method $path HTTP/$version", @lines, "X-Mark: $mark", "X-Sent: $sent", '',
      $body // '';
}

sub exchange {
    my ($case, $path, $mark, $is_page) = @_;
    my $socket = connect_to($server->{port});
    local $SIG{PIPE} = 'IGNORE';
    print $socket request($case, $path, $mark);
    # A tunnel that stands in a page would never end, and the page is none.
    shutdown $socket, 1 if $is_page;
    my $is_head = ($case->[3] // '') =~ /^HEAD/;
    my $answer  = eval { answer_from($socket, $is_head) } // { status => 0, body => $@ };
    if ($answer->{status} == 101 && !$is_page) {
        print $socket 'through';
        read $socket, $answer->{tunnel}, length "${frame}through";
    }
    return $answer;
}

# (what was wrong in the eyes of the backend, the requests with the mark)
sub judged_by_backend {
    my ($mark) = @_;
    my @connections = seen($mark);
    return map { [grep { /\Q$mark/ } @$_] } [map { @{ $_->{wrong} } } @connections],
      [map { @{ $_->{requests} } } @connections];
}

sub has_upgrade { return scalar grep { /^Upgrade:/im } @_ }

# One line of the test for each way to each route: what differs from what is expected, case by case. The
# number of requests in which the backend saw Upgrade.
sub try_way {
    my ($way, $route, $answer, $expect, @tried) = @_;
    my ($name, $path, $only) = @$way;
    my $mark = mark();
    my $is_page = $expect != \&judged;
    my @got = map { exchange($tried[$_], $path->($route, $answer), "$mark-$_-", $is_page) } 0 .. $#tried;
    my ($wrong, $requests) = judged_by_backend($mark);
    my @differs = @$wrong;
    for my $i (0 .. $#tried) {
        next if $only && ($tried[$i][3] // 'GET') !~ /^$only/;
        my $why = join ', ', $expect->($tried[$i], $got[$i], grep { /\Q$mark-$i-/ } @$requests);
        push @differs, "$tried[$i][0]: $got[$i]{status}, $why" if $why;
    }
    is_deeply \@differs, [], "$name, $route, $answer";
    return has_upgrade(@$requests);
}

sub judged {
    my ($case, $got, @requests) = @_;
    if (my $reason = $case->[1]) {
        my $is_said = ($case->[3] // '') =~ /^HEAD/ || (json_of($got)->{reason} // '') eq $reason;
        return ($got->{status} == ($status{$reason} // 400) ? () : 'another status',
            $is_said ? () : 'another reason', @requests ? 'reaches the backend' : ());
    }
    return 'no switch' if $got->{status} != 101;
    return ($got->{tunnel} eq "${frame}through" ? () : 'no tunnel',
        @requests == 1 ? () : @requests . ' requests', has_upgrade(@requests) ? () : 'no Upgrade');
}

# The page is there where the backend sends one, and never the bytes of a tunnel.
sub unjudged {
    my ($answer) = @_;
    return sub {
        my ($case, $got, @requests) = @_;
        my @why = ($got->{status} == 101 ? 'switched' : (), has_upgrade(@requests) ? 'Upgrade' : (),
            $got->{body} =~ /$frame/ ? 'the bytes of a tunnel' : ());
        return @why if ($case->[3] // 'GET') !~ /^GET/;
        push @why, @requests . ' requests' if @requests != 1;
        push @why, 'another page' if ($answer eq 'real') != ($got->{body} =~ /$page/);
        return @why;
    };
}

$server->configure($setup)->start;
for my $route (@routes) {
    for my $way (@judged) {
        my @tried = (@cases, $way->[0] eq 'direct' ? @named : ());
        is try_way($way, $route, 'real', \&judged, @tried), scalar(grep { !$_->[1] } @tried),
          "$way->[0], $route: the backend has looked at each good handshake";
    }
    for my $way (@unjudged) {
        for my $answer (@answers) {
            my @tried = $way->[0] =~ /, direct$/ && $answer eq 'real' ? @cases : $cases[0];
            is try_way($way, $route, $answer, unjudged($answer), @tried), 0,
              "$way->[0], $route, $answer: no Upgrade";
        }
    }
}

# Over HTTP/2, where mod_http2 makes the handshake of an extended CONNECT, and answers 502 when no switch
# comes of it
SKIP: {
    skip_without('h2-websockets', 32);
    for my $route (qw(http-thread ws-event)) {
        for my $case (['direct', "/r/$route/real", 200, 1],
            ['ErrorDocument', "/err/direct/$route/real", 502, 0],
            ['include', "/ssi/direct/$route/real.shtml", 502, 0],
            ['internal redirect', "/rw/r/$route/real", 200, 1]) {
            my ($name, $path, $status, $switched) = @$case;
            my $mark   = mark();
            my $answer = h2($server->{port}, $path, connect => 1,
                fields => ["x-mark: $mark", 'origin: https://good.test', 'sec-websocket-protocol: chat']);
            my ($wrong, $requests) = judged_by_backend($mark);
            is $answer->{status}, $status, "extended CONNECT, $name, $route: status";
            is_deeply $wrong, [], "extended CONNECT, $name, $route: nothing is wrong";
            is scalar @$requests, 1, "extended CONNECT, $name, $route: one request";
            is has_upgrade(@$requests), $switched, "extended CONNECT, $name, $route: Upgrade";
        }
    }
}
$server->stop;

# Also where the policy alone demands the WebSocket: the helper is not loaded, keeps nothing, or
# mod_proxy_http is not asked
my $off = 'ProxyWebsocketFallbackToProxyHttp Off';
for my $case (
    ['without the helper', 0, 'UpgradeRequire WebSocket'],
    ['UpgradeKeep none', 1, "UpgradeRequire WebSocket\nUpgradeKeep none"],
    ['UpgradeRequire', 1, 'UpgradeRequire WebSocket'],
    ['UpgradeMode off', 1, "UpgradeKeep WebSocket\nUpgradeMode off"],
    ['an exception', 1, "UpgradeRequire WebSocket\nUpgradeExcept true"],
    ['mod_proxy_wstunnel, UpgradeRequire', 0, 'UpgradeRequire WebSocket', $off],
    ['mod_proxy_wstunnel, UpgradeKeep', 1, 'UpgradeKeep WebSocket', $off],
) {
    my ($name, $helper, @lines) = @$case;
    $server = Server->new(modules => \@modules, helper => $helper);
    $server->configure(join "\n", "DocumentRoot $root", 'TypesConfig /dev/null', 'AddType text/html .shtml',
        'AddOutputFilter INCLUDES .shtml', folder($root, 'Options +Includes'), 'ProxyPreserveHost On',
        'LogLevel upgrade_required:debug', "CustomLog $server->{folder}/access_log \"%U %{Upgrade}i\"",
        "ProxyPass /r/http-thread/ ws://127.0.0.1:$raw/", section('/r/http-thread/', @lines),
        section('/err', 'Require all denied', 'ErrorDocument 403 /r/http-thread/greets'))->start;
    for my $way (['direct', '/r/http-thread/greets', 1], ['ErrorDocument', '/err', 0],
        ['include', '/ssi/direct/http-thread/greets.shtml', 0]) {
        my ($from, $path, $switched) = @$way;
        my $mark   = mark();
        my $answer = exchange($cases[0], $path, $mark, !$switched);
        my ($wrong, $requests) = judged_by_backend($mark);
        is !!($answer->{status} == 101), !!$switched, "$name, $from: switched or not";
        is has_upgrade(@$requests), $switched, "$name, $from: Upgrade";
        unlike $answer->{body}, qr/$frame/, "$name, $from: no bytes of a tunnel";
    }
    is scalar(() = $server->log =~ /UR0019: Upgrade is dropped/g), 2, "$name: said once for each";
    $server->stop;
}

done_testing;
