# Real nginx, HAProxy and httpd in front, and what they make of the HTTP version: of the answer's
# connection fields where the client speaks HTTP/2, and of requests that arrive in HTTP/1.0.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Front;
use Server;
use Wait;
use Wire;

my $conf = Apache::Test::vars('t_conf');
my $raw = Apache::Test::vars('raw_port');
my %start = (nginx => \&nginx, haproxy => \&haproxy);

# What curl makes of an answer: its exit status, which tells a broken HTTP/2 message; the version,
# status, fields and body.
sub curl {
    my (@options) = @_;
    open my $pipe, '-|', 'curl', '-sik', '--max-time', Wire::LIMIT, @options or die "curl: $!";
    my $output = do { local $/; <$pipe> };
    close $pipe;
    my ($head, $body) = split /\r\n\r\n/, $output, 2;
    my ($version, $status) = ($head // '') =~ m{^HTTP/([\d.]+) (\d+)};
    my @fields = map { /^([^:]+):\s*(.*)$/ ? [$1, $2] : () } split /\r\n/, $head // '';
    return { exit => $? >> 8, http => $version, status => $status, fields => \@fields, body => $body };
}

# Which lines a hint has for a proxy
sub lines_for {
    my ($hint, $proxy) = @_;
    my ($lines) = $hint =~ /^\Q$proxy\E: (.*)$/m;
    return $lines // die "nothing for $proxy in: $hint";
}
my %names = (nginx => 'nginx', haproxy => 'HAProxy');
my %states = (
    nginx => 'proxy_set_header X-HTTP-Version $server_protocol;',
    haproxy => 'http-request set-header X-HTTP-Version %[req.ver]',
);

# A refusal that goes on over HTTP/2 has neither Upgrade nor Connection, which nginx copies, and
# the client would see nothing but a protocol error.
{
    my $server = Server->new(modules => [qw(authz_core alias dir proxy proxy_http)], helper => 1)
      ->configure(<<"CONF")->start;
UpgradeTrustedProxy 127.0.0.1 http=X-HTTP-Version
<Location /chat>
    UpgradeRequire WebSocket
</Location>
<Location /chat/403>
    UpgradeHTTP2Answer 403
</Location>
<Location /chat/reset>
    UpgradeHTTP2Answer reset
</Location>
ProxyPass /app/ http://127.0.0.1:$raw/
<Location /app/>
    UpgradeKeep WebSocket
</Location>
CONF
    for my $name (qw(nginx haproxy)) {
        my $port = $start{$name}->($server->{port}, secure => 1, lines => $states{$name});
        for my $case (
            ['--http2', '/chat', 2, 426, 'websocket-missing'],
            ['--http2', '/chat/403', 2, 403, 'websocket-missing'],
            ['--http2', '/chat/reset', 2, 426, 'websocket-missing'],
            ['--http1.1', '/chat', '1.1', 426, 'websocket-missing'],
            ['--http1.1', '/chat/403', '1.1', 426, 'websocket-missing'],
            # The application's own, to which the helper gives its Upgrade back
            ['--http2', '/app/426', 2, 426],
            ['--http1.1', '/app/426', '1.1', 426],
        ) {
            my ($option, $path, $http, $status, $reason) = @$case;
            my $answer = curl($option, "https://127.0.0.1:$port$path");
            my $what = "$name, curl $option $path";
            is $answer->{exit}, 0, "$what: a whole answer";
            is $answer->{http}, $http, "$what: version";
            is $answer->{status}, $status, "$what: status";
            is json_of($answer)->{reason}, $reason, "$what: body" if $reason;
            is_deeply [fields($answer, 'Upgrade')], [], "$what: no Upgrade" if $http eq '2';
        }
        is json_of(curl('--http2', "https://127.0.0.1:$port/chat"))->{upgrade}[0], 'websocket',
          "$name: the body has the list";
    }
    # A switch keeps its Upgrade, whatever is stated: HAProxy makes a handshake of HTTP/1.1 of an
    # extended CONNECT.
    for my $http ('HTTP/1.1', 'HTTP/2.0') {
        my $socket = connect_to($server->{port});
        print $socket join "\r\n", 'GET /app/good HTTP/1.1', 'Host: localhost', handshake,
          "X-HTTP-Version: $http", '', '';
        my $answer = answer_from($socket);
        is $answer->{status}, 101, "a handshake, stated $http: status";
        is_deeply [fields($answer, 'Upgrade')], ['websocket'], "a handshake, stated $http: Upgrade";
    }
    # HTTP/1.1 on both sides: the client gets the field.
    my $port = nginx($server->{port}, lines => $states{nginx});
    is_deeply [fields(curl("http://127.0.0.1:$port/chat"), 'Upgrade')], ['websocket'],
      'nginx, HTTP/1.1: Upgrade';

    # Where nobody states anything, the manual's line for nginx does it.
    $port = nginx($server->{port}, secure => 1, lines => 'proxy_hide_header Upgrade;');
    my $answer = curl('--http2', "https://127.0.0.1:$port/chat");
    is $answer->{exit}, 0, 'proxy_hide_header Upgrade: a whole answer';
    is $answer->{status}, 426, 'proxy_hide_header Upgrade: status';
    $server->stop;
}

# Requests that arrive in HTTP/1.0: nginx speaks it with the backend where it is not told
# otherwise, HAProxy in its health checks. The answer names the proxy by its fields, and its lines
# mend it.
{
    my $server = Server->new->configure(<<'CONF')->start;
UpgradeFloor HTTP/1.1
CustomLog access_log "%H %>s %{User-Agent}i"
CONF
    my $plain = nginx($server->{port}, lines => 'proxy_set_header X-Forwarded-For $remote_addr;');
    my $answer = curl("http://127.0.0.1:$plain/endpoint");
    my $told = json_of($answer);
    is $answer->{status}, 426, 'nginx as it comes: status';
    is $told->{reason}, 'http-version', 'nginx as it comes: reason';
    is_deeply $told->{received}, { http => '1.0', tls => undef }, 'nginx as it comes: what was received';
    is_deeply $told->{evidence}, ['X-Forwarded-For'], 'nginx as it comes: evidence';
    like curl('-H', 'Accept: text/plain', "http://127.0.0.1:$plain/endpoint")->{body},
      qr/^Evidence:   X-Forwarded-For$/m, 'nginx as it comes: evidence in the text';
    like curl('-H', 'Accept: text/html', "http://127.0.0.1:$plain/endpoint")->{body},
      qr/<dt>Evidence<.dt><dd>X-Forwarded-For</, 'nginx as it comes: evidence in the page';
    my $direct = json_of(curl('-0', "http://127.0.0.1:$server->{port}/endpoint"));
    is $direct->{reason}, 'http-version', 'a client of HTTP/1.0: reason';
    is $direct->{evidence}, undef, 'a client of HTTP/1.0: no evidence';

    my $mended = nginx($server->{port}, lines => lines_for($told->{hint}, 'nginx'));
    is curl("http://127.0.0.1:$mended/endpoint")->{status}, 200, 'nginx with the line of the hint';

    my @check = (server => 'check inter 50 fall 1 rise 1', backend => 'option httpchk GET /endpoint');
    my $sick = haproxy($server->{port}, @check);
    my $get = sub { curl("http://127.0.0.1:$_[0]/endpoint")->{status} };
    ok eventually(sub { $get->($sick) == 503 }), 'HAProxy as it comes: the server is taken for down';
    like $server->log, qr/UR0003: refused with 426, reason http-version.*received HTTP\/1\.0/,
      'HAProxy as it comes: because of its health checks';
    my $line = lines_for($told->{hint}, 'HAProxy, health checks') =~ s/www\.example\.com/localhost/r;
    $check[3] .= "\n$line";
    my $well = haproxy($server->{port}, @check);
    ok eventually(sub { (() = $server->file('access_log') =~ m{^HTTP/1\.1 200 -$}mg) > 3 }),
      'HAProxy with the line of the hint: its health checks are answered';
    is $get->($well), 200, 'HAProxy with the line of the hint: the server is up';

    my $unset = lines_for($told->{hint}, 'httpd');
    for my $case (['as it comes', '', 426], ['with the line of the hint', $unset, 200]) {
        my ($how, $lines, $status) = @$case;
        my $front = Server->new(modules => [qw(authz_core env proxy proxy_http)], policy => 0)
          ->configure(<<"CONF")->start;
SetEnv force-proxy-request-1.0 1
ProxyPass / http://127.0.0.1:$server->{port}/
<Location />
    $lines
</Location>
CONF
        my $got = curl("http://127.0.0.1:$front->{port}/endpoint");
        is $got->{status}, $status, "another httpd that is told to speak HTTP/1.0, $how: status";
        ok grep({ $_ eq 'X-Forwarded-For' } @{ json_of($got)->{evidence} }), "another httpd $how: evidence"
          if $status == 426;
        $front->stop;
    }
    $server->stop;
}

# HTTP/2 is demanded: what the client speaks is known from what its proxy states.
{
    my $server = Server->new->configure(<<'CONF')->start;
UpgradeTrustedProxy 127.0.0.1 http=X-HTTP-Version
UpgradeFloor HTTP/2
CONF
    my $hint = json_of(curl("http://127.0.0.1:$server->{port}/endpoint"))->{hint};
    for my $name (qw(nginx haproxy)) {
        # nginx would copy an Upgrade, which is sent where nothing is stated.
        my $hide = $name eq 'nginx' ? 'proxy_hide_header Upgrade;' : '';
        my $silent = $start{$name}->($server->{port}, secure => 1, lines => $hide);
        is curl('--http2', "https://127.0.0.1:$silent/endpoint")->{status}, 426, "$name as it comes";
        my $line = lines_for($hint, $names{$name});
        my $port = $start{$name}->($server->{port}, secure => 1, lines => $line);
        is curl('--http2', "https://127.0.0.1:$port/endpoint")->{status}, 200,
          "$name with the line of the hint";
        is curl('--http1.1', "https://127.0.0.1:$port/endpoint")->{status}, 426, "$name, HTTP/1.1";
    }
    my $line = lines_for($hint, 'httpd');
    my $front = Server->new(modules => [qw(authz_core headers socache_shmcb ssl http2 proxy proxy_http)],
        policy => 0)->configure(<<"CONF")->start;
SSLEngine on
SSLCertificateFile $conf/server.crt
SSLCertificateKeyFile $conf/server.key
Protocols h2 http/1.1
ProxyPass / http://127.0.0.1:$server->{port}/
$line
CONF
    is curl('--http2', "https://127.0.0.1:$front->{port}/endpoint")->{status}, 200,
      'httpd with the line of the hint';
    is curl('--http1.1', "https://127.0.0.1:$front->{port}/endpoint")->{status}, 426, 'httpd, HTTP/1.1';
    $front->stop;
    $server->stop;
}

# A key exchange is demanded: the proxies say what their client has agreed on, in words of their own.
{
    my $server = Server->new->configure(<<'CONF')->start;
UpgradeTrustedProxy 127.0.0.1 scheme=X-Forwarded-Proto group=X-TLS-Group
<Location /fs>
    UpgradeRequire ForwardSecrecy
</Location>
<Location /pq>
    UpgradeRequire PostQuantum
</Location>
CONF
    my %lines = (
        nginx => 'proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-TLS-Group $ssl_curve;',
        haproxy => "http-request set-header X-Forwarded-Proto https\n"
          . 'http-request set-header X-TLS-Group %[ssl_fc_curve]',
    );
    my $has_ml_kem = `openssl list -kem-algorithms 2>&1` =~ /X25519MLKEM768/;
    my @static = qw(--tls-max 1.2 --ciphers AES128-GCM-SHA256);
    # [options of curl, /fs, /pq; where OpenSSL has ML-KEM, and not]
    my @clients = (
        [\@static, 426, 426],
        [[qw(--tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256)], 404, 426],
        [[qw(--tlsv1.3 --curves X25519)], 404, 426],
        [[qw(--tlsv1.3 --curves prime256v1)], 404, 426],
        [['--tlsv1.3'], 404, $has_ml_kem ? 404 : 426],
    );
    for my $name (qw(nginx haproxy)) {
        my $port = eval { $start{$name}->($server->{port}, secure => 1, lines => $lines{$name}) };
        if (!$port) {
            like $@, qr/unknown (?:fetch method 'ssl_fc_curve'|"ssl_curve" variable)/,
              "$name: an old one cannot say it";
            next;
        }
        for my $client (@clients) {
            my ($options, $fs, $pq) = @$client;
            my $get = sub { curl('--http1.1', @$options, "https://127.0.0.1:$port$_[0]")->{status} };
            is $get->('/fs'), $fs, "$name, @$options: /fs";
            is $get->('/pq'), $pq, "$name, @$options: /pq";
        }
    }
    $server->stop;
}

# A handshake whole but in HTTP/1.0, since nginx was told of the fields and not of the version
{
    my $port = port_of('chat_clear');
    my $headers = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;';
    my @handshake = map { ('-H', $_) } handshake();
    my $told = json_of(curl(@handshake, 'http://127.0.0.1:' . nginx($port, lines => $headers) . '/chat'));
    is $told->{reason}, 'websocket-http-version', 'nginx without proxy_http_version: reason';
    my $mended = nginx($port, lines => "$headers " . lines_for($told->{hint}, 'nginx'));
    my $socket = connect_to($mended);
    print $socket join "\r\n", 'GET /chat HTTP/1.1', 'Host: localhost', handshake, '', '';
    is answer_from($socket)->{status}, 101, 'nginx with the line of the hint';
}

# Connection: upgrade is on every request of the usual nginx, and asks for nothing: a page in clear
# is sent on to https.
{
    my $server = Server->new->configure(<<'CONF')->start;
UpgradeTrustedProxy 127.0.0.1 scheme=X-Forwarded-Proto
UpgradeFloor TLS
UpgradeRedirect permanent
CONF
    my $port = nginx($server->{port}, lines => join ' ', 'proxy_http_version 1.1;',
        'proxy_set_header Upgrade $http_upgrade;', 'proxy_set_header Connection "upgrade";',
        'proxy_set_header X-Forwarded-Proto $scheme;');
    is curl("http://127.0.0.1:$port/endpoint")->{status}, 308, 'nginx, Connection "upgrade": redirected';
    $server->stop;
}
end_programs();

done_testing;
