# The heads of a handshake, byte by byte: what the backend gets of the client's and what the client gets
# of the backend's 101 is the same with a stock httpd, a thread's tunnel and an event tunnel, or stands in
# a table here with the reason. A difference in the table that does not occur fails, too.
use strict;
use warnings;
use Test::More;
use IO::Select ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Lacks;
use Lines;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port     = $listener->sockport;

# ---- the three carriers, each with a client in clear and one with TLS

# A policy that nobody here meets, and that refuses nobody yet
my $announced = <<'END';
<Location /ws/announced>
UpgradeRequire HTTP/2
UpgradeMode announce since=2026-01-01T00:00:00Z
UpgradeGuide https://localhost/guide
</Location>
END

sub server {
    my ($ours, $worker, $keep) = @_;
    my $tls = free_port();
    my @modules = qw(authz_core alias dir headers proxy proxy_http socache_shmcb ssl);
    my $server = Server->new(modules => \@modules, policy => $ours, helper => $ours);
    $server->configure(<<"END")->start;
AsyncRequestWorkerFactor 200
LogFormat "%>s %{proxy-status}n" statuses
CustomLog access_log statuses
ProxyVia On
ProxyPass /ws http://127.0.0.1:$port/there $worker
ProxyPassReverse /ws http://127.0.0.1:$port/there
ProxyPassReverseCookiePath /there /ws
Header always set X-Always yes
Header set X-Success yes
<Location /ws>
$keep
</Location>
@{[ $ours ? $announced : '' ]}
@{[ tls_host($tls, 'ProxyBadHeader StartBody') ]}
END
    $server->{tls} = $tls;
    return $server;
}

my @carriers = qw(stock thread event);
my %server = (
    stock  => server(0, 'upgrade=websocket', ''),
    thread => server(1, '', 'UpgradeKeep WebSocket'),
    event  => server(1, '', "UpgradeKeep WebSocket\nUpgradeTunnel event"),
);

# ---- one exchange

my $accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
my $frame  = frame('hi');

# (the head that the backend got, the heads that the client got, what came behind them if a 101 is the last)
sub exchange {
    my ($carrier, $tls, $request, $answer) = @_;
    my $server = $server{$carrier};
    my $client = Wire::connect_to($tls ? ($server->{tls}, SSL_hostname => 'localhost') : $server->{port});
    print $client $request;
    $client->flush if $client->can('flush');
    IO::Select->new($listener)->can_read(Wire::LIMIT) or die "$carrier: no handshake arrives";
    my $backend = $listener->accept or die $!;
    my $asked = head_from($backend);
    syswrite $backend, $answer . $frame;
    my ($told, $head) = ('', '');
    do { $told .= $head = head_from($client) } while $head =~ m{^HTTP/1.1 103 };
    my $behind = $head =~ m{^HTTP/1.1 101 } ? receive($client, length $frame) : '';
    close $client;
    close $backend;
    return ($asked, $told, $behind);
}

# Of the last head
sub status_of {
    my ($heads) = @_;
    my @statuses = $heads =~ m{^HTTP/1\.1 (\d\d\d) }mg;
    return $statuses[-1] // 0;
}

# What must differ between two servers
sub comparable {
    my ($head) = @_;
    $head =~ s/^Date: .*\r\n//m if status_of($head) != 101;    # of an error page
    $head =~ s/\blocalhost:\d+/localhost:PORT/g;
    return $head;
}

# Which carriers agree: '' when all do, otherwise such as 'stock / thread event'
sub parting {
    my (%head) = @_;
    my @groups;
    for my $carrier (@carriers) {
        my ($group) = grep { $head{ $_->[0] } eq $head{$carrier} } @groups;
        $group ? push @$group, $carrier : push @groups, [$carrier];
    }
    return @groups == 1 ? '' : join ' / ', map { "@$_" } @groups;
}

# ---- what differs, and why

my %differs = (
    'an Upgrade in another case' => { backend => ['stock / thread event',
        'mod_proxy compares the whole value with its own word, so it is shown that word'] },
    'an empty body' => { backend => ['stock / thread event',
        'a handshake has no body, and some backends refuse one that says it has an empty one'] },
    'Content-Length: 0' => { client => ['stock / thread event',
        'RFC 9110, 8.6: a 1xx has none, and who reads it may wait for a body'] },
    'an announced policy' => { client => ['stock / thread event',
        'what announces it stands in the switch; stock knows no policies'] },
);
my %met;

sub compare {
    my ($name, $tls, $request, $answer, $status) = @_;
    my (%asked, %told, %behind);
    for my $carrier (@carriers) {
        ($asked{$carrier}, $told{$carrier}, $behind{$carrier}) = exchange($carrier, $tls, $request, $answer);
    }
    my $where = "$name, " . ($tls ? 'TLS' : 'clear');
    for my $pair ([backend => \%asked], [client => \%told]) {
        my ($side, $heads) = @$pair;
        my $listed = ($differs{$name} || {})->{$side};
        my %comparable = map { $_ => comparable($heads->{$_}) } @carriers;
        my $parting = parting(%comparable);
        $met{$name}{$side}++ if $parting;
        is $parting, ($listed ? $listed->[0] : ''), "$where: who agrees on the head at the $side"
          or diag map { "$_: $comparable{$_}\n" } @carriers;
    }
    for my $carrier (@carriers) {
        is status_of($told{$carrier}), $status, "$where, $carrier: status";
        is $behind{$carrier}, $status == 101 ? $frame : '', "$where, $carrier: what comes behind the head";
    }
    return \%told;
}

# ---- good switches

my @switch = ('Upgrade: websocket', 'Connection: Upgrade', "Sec-WebSocket-Accept: $accept");
sub head { return join "\r\n", @_, '', '' }
sub request { return head('GET /ws HTTP/1.1', 'Host: localhost', @_) }
sub switch { return head('HTTP/1.1 101 Switching Protocols', @_) }

my $plain = request(handshake());
my $secret = qr/secret/i;

# [name, head, what the client does not get]
my @good = (
    ['plain',                 switch(@switch)],
    ['another phrase',        head('HTTP/1.1 101 Web Socket Protocol Handshake', @switch)],
    ['no phrase',             head('HTTP/1.1 101', @switch)],
    ['an empty phrase',       head('HTTP/1.1 101 ', @switch)],
    ['spaces in the phrase',  head('HTTP/1.1 101   Two  Spaces ', @switch)],
    ['a tab in the phrase',   head("HTTP/1.1 101 a\tb", @switch)],
    ['8 bits in the phrase',  head("HTTP/1.1 101 \xe9\x80", @switch)],
    ['an empty line first',   "\r\n" . switch(@switch)],
    ['another order',         switch(reverse @switch)],
    ['another case',          switch('UPGRADE: WebSocket', 'cOnnection: upgrade',
                                  "sec-websocket-accept:$accept")],
    ['white space',           switch("Upgrade:\t websocket \t", 'Connection:Upgrade',
                                  "Sec-WebSocket-Accept:  $accept ")],
    ['other fields',          switch(@switch, 'Server: other/1.0', 'Date: Sun, 06 Nov 1994 08:49:37 GMT',
                                  'X-Empty:', 'X-Of: the backend', 'X-Colon: a:b:c', 'X-Utf8: \xc3\xa9')],
    ['fields before',         switch('X-Before: 1', @switch, 'X-After: 2')],
    ['a subprotocol that was not offered', switch(@switch, 'Sec-WebSocket-Protocol: chat')],
    ['an extension that was not offered',  switch(@switch, 'Sec-WebSocket-Extensions: permessage-deflate')],
    ['cookies',               switch(@switch, 'Set-Cookie: a=b; Path=/there/x', 'set-cookie: c=d; path=/',
                                  'Set-Cookie: a=b; Path=/there/x')],
    ['the same field twice',  switch('X-Twice: 1', @switch, 'X-Twice: 2', 'x-twice: 1')],
    ['a location',            switch(@switch, "Location: http://127.0.0.1:$port/there/x",
                                  'Content-Location: /there/')],
    ['a type',                switch(@switch, 'Content-Type: text/plain', 'Cache-Control: no-store',
                                  'Vary: Origin')],
    ['long values',           switch(@switch, map { "X-Long-$_: " . 'x' x 3000 } 1 .. 4)],
    ['many fields',           switch((map { "X-$_: $_" } 1 .. 300), @switch)],
    ['a field of a proxy',    switch('Via: 1.0 other', 'Warning: 199 - "x"', @switch)],
    ['token names',           switch(@switch, "!#\$%&'*+-.^_`|~09azAZ: x")],
    ['8 bits in a value',     switch(@switch, "X: \x80\xff")],
    ['a tab in a value',      switch(@switch, "X: a\tb")],
    ['a 103 before',          head('HTTP/1.1 103 Early', 'Link: </x>') . switch(@switch)],
    ['Connection twice',      switch('Connection: keep-alive', @switch)],
    ['a list in Connection',  switch('Connection: , keep-alive ,Upgrade,', @switch[0, 2])],
    ['Connection: close',     switch('Connection: close, Upgrade', @switch[0, 2])],
    ['Content-Length: 0',     switch(@switch, 'Content-Length: 0')],
    ['Connection names a field', switch('Connection: Upgrade, X-Secret', @switch[0, 2], 'X-Secret: 1',
        'x-secret: 2'), $secret],
    ['Connection names a field before it', switch('X-Secret: 1', @switch, 'Connection: x-secret'), $secret],
    ['Connection names cookies', switch(@switch, 'Set-Cookie: secret=1', 'Connection: Set-Cookie',
        'Set-Cookie: secret=2'), $secret],
    ['Connection names a date', switch(@switch, 'Date: secret', 'Connection: Date'), $secret],
    ['Keep-Alive',            switch(@switch, 'Keep-Alive: timeout=5, secret=1'), $secret],
    ['Proxy-Connection',      switch(@switch, 'Proxy-Connection: secret'), $secret],
    ['Proxy-Authenticate',    switch(@switch, 'Proxy-Authenticate: Basic realm=secret'), $secret],
    ['TE',                    switch(@switch, 'TE: secret'), $secret],
    ['Trailer',               switch(@switch, 'Trailer: secret'), $secret],
);

for my $case (@good) {
    my ($name, $answer, $without) = @$case;
    for my $tls (0, 1) {
        my $told = compare($name, $tls, $plain, $answer, 101);
        $without or next;
        unlike $told->{$_}, $without, "$name, $_: stays between the backend and the proxy" for @carriers;
    }
}

# ---- handshakes

my @requests = (
    ['an Upgrade in another case', request(map { s/websocket/WebSocket/r } handshake())],
    ['another order of requests',  request(reverse handshake())],
    ['names in another case',      request(map { my ($n, $v) = split /: /; lc($n) . ":$v" } handshake())],
    ['requests with other fields', request(handshake(), 'Origin: http://localhost', 'User-Agent: x',
        'Cookie: a=b', 'Cookie: c=d', 'Accept-Language:', 'X-Long: ' . 'x' x 4000, 'Pragma: no-cache')],
    ['what is offered',            request(handshake(), 'Sec-WebSocket-Protocol: chat',
        'Sec-WebSocket-Protocol: b', 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits',
        'Sec-WebSocket-Extensions: x')],
    ['fields of one connection',   request((map { s/^(Connection: )/$1keep-alive, X-Secret, /r } handshake()),
        'X-Secret: 1', 'Keep-Alive: 5', 'TE: trailers', 'Proxy-Connection: x', 'Trailer: x')],
    ['Connection in two lines',    request('Connection: keep-alive', handshake())],
    ['of a proxy',                 request(handshake(), 'Via: 1.1 other', 'X-Forwarded-For: 192.0.2.1',
        'X-Forwarded-Host: other', 'X-Forwarded-Server: other', 'X-Forwarded-Proto: https',
        'Forwarded: for=_x')],
    ['an empty body',              request(handshake(), 'Content-Length: 0')],
    ['credentials',                request(handshake(), 'Authorization: Basic x',
        'Proxy-Authorization: Basic y')],
    ['ranges and conditions',      request(handshake(), 'Range: bytes=0-', 'If-None-Match: "x"',
        'Max-Forwards: 3')],
);

my $announcing = $plain =~ s{/ws}{/ws/announced}r;
for my $case (@requests, ['an announced policy', $announcing]) {
    compare($case->[0], $_, $case->[1], switch(@switch), 101) for 0, 1;
}

for my $carrier (@carriers) {
    my $number = 2 * (@good + @requests + 1);
    my @lines = logged($server{$carrier}, $number);
    is_deeply \@lines, [("101 101\n") x $number], "$carrier: what the log says of the backend's answer";
}

for my $name (sort keys %differs) {
    for my $side (sort keys %{ $differs{$name} }) {
        is $met{$name}{$side} // 0, 2, "$name: the head at the $side differs, as listed";
    }
}

# ---- no switches: refused with the same answer by both carriers; stock may open a tunnel

my %seen_twice = map { $_ => "$_: x" } qw(Sec-WebSocket-Protocol Sec-WebSocket-Extensions);

# [name, head, what stock makes of it]
my @bad = (
    ['a space before the colon of Upgrade',  switch('Upgrade : websocket', @switch[1, 2]), 502],
    ['and of a field behind it',             switch(@switch, 'Upgrade : h2c'), 101],
    ['a space before another colon',         switch(@switch, 'X : y'), 101],
    ['a space in a name',                    switch(@switch, 'X Y: z'), 101],
    ['8 bits in a name',                     switch(@switch, "X\xe9: z"), 101],
    ['a name that is no token',              switch(@switch, 'X(Y): z'), 101],
    ['a quoted name',                        switch(@switch, '"X": z'), 101],
    ['no name',                              switch(@switch, ': z'), 101],
    ['no colon',                             switch(@switch, 'X'), 502],
    ['a folded line',                        switch(@switch, 'X: a', ' b'), 101],
    ['a fold before the first field',        switch(' X: a', @switch), 101],
    ['a line end without CR',                switch(@switch, "X: a\nY: b"), 101],
    ['a field behind a bare LF',             switch($switch[0], "X: a\n$switch[1]", $switch[2]), 101],
    ['no CR at all',                         switch(@switch) =~ tr/\r//dr, 101],
    ['no CR in the status line',             "HTTP/1.1 101 x\n" . head(@switch), 101],
    ['a field behind a bare CR',             switch($switch[0], "X: a\r$switch[1]", $switch[2]), 101],
    ['two CR',                               switch(@switch, "X: a\r"), 101],
    ['two Upgrades',                         switch(@switch, 'Upgrade: websocket'), 101],
    ['two Accepts',                          switch(@switch, $switch[2]), 101],
    (map { ["$_ twice", switch(@switch, ($seen_twice{$_}) x 2), 101] } sort keys %seen_twice),
    ['a body with a length',                 switch(@switch, 'Content-Length: 5'), 101],
    ['a length that is none',                switch(@switch, 'Content-Length: 0, 0'), 101],
    ['chunks',                               switch(@switch, 'Transfer-Encoding: chunked'), 101],
    ['Connection names the Accept',          switch(@switch, 'Connection: Sec-WebSocket-Accept'), 101],
    ['Connection names the subprotocol',     switch(@switch, 'connection: x,sec-websocket-protocol'), 101],
    ['Connection without commas',            switch('Connection: Upgrade X-Secret', @switch[0, 2]), 101],
    ['Connection with semicolons',           switch('Connection: Upgrade; X-Secret', @switch[0, 2]), 101],
    ['Connection in quotes',                 switch(@switch, 'Connection: "a, b"'), 101],
    ['two spaces in the status line',        head('HTTP/1.1  101 x', @switch), 200],
    ['a tab in the status line',             head("HTTP/1.1\t101 x", @switch), 200],
    ['a small letter in the status line',    head('http/1.1 101 x', @switch), 200],
    ['HTTP/1.9',                             head('HTTP/1.9 101 x', @switch), 101],
    ['a 103 with a line that is no field',   "HTTP/1.1 103 x\r\nX: y\r\nz\r\n" . switch(@switch), 502],
    ['a 103 with a folded line',             "HTTP/1.1 103 x\r\nX: y\r\n z\r\n\r\n" . switch(@switch), 101],
    ['a 103 with a bare LF',                 "HTTP/1.1 103 x\r\nX: y\nZ: z\r\n\r\n" . switch(@switch), 101],
);

# Every control character in a value, a name and the phrase. A tab is white space in two of them. httpd
# takes no line without a colon, no NUL in the phrase, and since 2.4.55 none at all.
my @controls = (0 .. 31, 127);
for my $code (@controls) {
    my $character = chr $code;
    my $phrase = $code == 10 || $code == 0 ? 502 : 101;
    my $stock  = $code == 0 && !since('2.4.55') ? 101 : $phrase;
    my $name = sprintf '0x%02x', $code;
    push @bad, ["$name in a name", switch(@switch, "X-${character}Y: z"), $stock];
    next if $code == 9;
    push @bad, ["$name in a value", switch(@switch, "X: y${character}z"), $stock],
      ["$name in the phrase", head("HTTP/1.1 101 y${character}z", @switch), $phrase];
}

sub told { my ($carrier, $tls, $answer) = @_; return (exchange($carrier, $tls, $plain, $answer))[1] }

for my $case (@bad) {
    my ($name, $answer, $stock) = @$case;
    my %told = map { $_ => told($_, 0, $answer) } @carriers;
    is status_of($told{stock}), $stock, "$name: what stock makes of it, as listed";
    is status_of($told{$_}), 502, "$name, $_: refused" for qw(thread event);
    is comparable($told{thread}), comparable($told{event}), "$name: with the same answer";
}
cmp_ok scalar(@bad), '>=', 3 * @controls - 2, 'every control character, in every place';

# Where a line that is no field begins the body, mod_proxy_http finds another head behind it, which nobody
# has judged.
for my $carrier (qw(thread event)) {
    my $hidden = head("HTTP/1.1 103 x\r\nX: y\r\nz\r\nHTTP/1.1 101 x", @switch[0, 1]);
    is status_of(told($carrier, 1, $hidden)), 502, "$carrier: no switch within a 103";
}

# The log says what is wrong, in words of its own.
for my $carrier (qw(thread event)) {
    my @lines = $server{$carrier}->log =~ /UR0007: [^\n]* is not a valid 101: ([^\n]*); no tunnel is opened/g;
    is scalar(@lines), @bad + 1, "$carrier: a line in the log for each";
    is_deeply [grep { /[^ -~]|secret/i } @lines], [], "$carrier: with nothing in it that the backend sent";
}

done_testing;
