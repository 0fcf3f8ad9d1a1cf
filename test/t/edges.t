# Real proxies in front: nginx, HAProxy, another httpd. Handshakes that lose their Upgrade there
# are told, the lines of the hint mend it, and what they state of their clients is understood.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Front;
use Server;
use Wire;

sub shake {
    my ($port) = @_;
    my $socket = connect_to($port);
    print $socket join "\r\n", 'GET /chat HTTP/1.1', 'Host: localhost', handshake, '', '';
    my $answer = answer_from($socket);
    if ($answer->{status} == 101) {
        print $socket "\x81\x85\0\0\0\0hello";
        read $socket, $answer->{frame}, 7;
    }
    return $answer;
}

# The lines that the hint shows, taken from the hint itself
my $hint = json_of(get('chat_clear', '/chat', 'Sec-WebSocket-Key: x'))->{hint};
my ($nginx_http) = $hint =~ /^nginx, once in http: (.*)$/m or die $hint;
my ($nginx_lines) = $hint =~ /^nginx: (.*)$/m or die $hint;
my ($httpd_line) = $hint =~ /^httpd 2\.4\.47 or later: (.*)$/m or die $hint;
like $hint, qr/^HAProxy: mode http, without option httpclose and without http-request del-header for /m,
  'the hint for HAProxy is the one that is tried here';

my $to = port_of('chat_clear');
my %edges = (nginx => \&nginx, haproxy => \&haproxy);
for my $case (
    ['nginx', 'as it comes', {}, 426],
    ['nginx', 'with the lines of the hint', { http => $nginx_http, lines => $nginx_lines }, 101],
    ['haproxy', 'as it comes', {}, 101],
    ['haproxy', 'with Upgrade deleted', { lines => 'http-request del-header Upgrade' }, 426],
) {
    my ($name, $how, $option, $status) = @$case;
    my $answer = shake($edges{$name}->($to, %$option));
    is $answer->{status}, $status, "$name $how: status";
    if ($status == 101) {
        is $answer->{frame}, "\x81\x05hello", "$name $how: an echo";
    }
    else {
        is json_of($answer)->{reason}, 'websocket-stripped', "$name $how: the reason";
        ok grep({ $_ eq 'Sec-WebSocket-Key' } @{ json_of($answer)->{evidence} }), "$name $how: the evidence";
    }
}
for my $case (['as it comes', 426], ['with the line of the hint', 101]) {
    my ($how, $status) = @$case;
    my $line = $httpd_line =~ s{/path http://this-server/path}{/chat http://127.0.0.1:$to/chat}r;
    $line =~ s/ upgrade=websocket// or die $line if $status == 426;
    my $edge = Server->new(modules => [qw(authz_core proxy proxy_http)], policy => 0);
    $edge->configure($line)->start;
    my $answer = shake($edge->{port});
    is $answer->{status}, $status, "another httpd $how: status";
    is json_of($answer)->{reason}, 'websocket-stripped', "another httpd $how: the reason" if $status == 426;
    is_deeply [grep { /^X-Forwarded/ } @{ json_of($answer)->{evidence} }],
      [qw(X-Forwarded-For X-Forwarded-Host X-Forwarded-Server)], "another httpd $how: the evidence"
      if $status == 426;
    $edge->stop;
}

# What they state of their clients, as the manual has it for nginx
my $server = Server->new(modules => [qw(authz_core alias)])->configure(<<'CONF')->start;
UpgradeFloor TLS/1.3 HTTP/1.1
UpgradeTrustedProxy 127.0.0.1 tls=X-TLS-Version http=X-HTTP-Version scheme=X-Forwarded-Proto
CONF
my %states = (
    nginx => join(' ', 'proxy_set_header X-TLS-Version $ssl_protocol;',
        'proxy_set_header X-HTTP-Version $server_protocol;', 'proxy_set_header X-Forwarded-Proto $scheme;'),
    haproxy => join("\n", 'http-request set-header X-TLS-Version %[ssl_fc_protocol]',
        'http-request set-header X-HTTP-Version %[req.ver]',
        'http-request set-header X-Forwarded-Proto https if { ssl_fc }',
        'http-request set-header X-Forwarded-Proto http unless { ssl_fc }'),
);
for my $name (sort keys %states) {
    my $secure = $edges{$name}->($server->{port}, lines => $states{$name}, secure => 1);
    for my $case (['TLSv1_3', 200], ['TLSv1_2', 426]) {
        my ($version, $status) = @$case;
        # What the client says itself does not count.
        my $socket = connect_to($secure, SSL_version => $version);
        print $socket join "\r\n", 'GET /endpoint HTTP/1.1', 'Host: localhost', 'X-TLS-Version: TLSv1.3',
          'X-HTTP-Version: 2', 'Connection: close', '', '';
        my $answer = answer_from($socket);
        is $answer->{status}, $status, "$name, a client of $version: status";
        is_deeply json_of($answer)->{received}, { http => '1.1', tls => '1.2' },
          "$name, a client of $version: what was received" if $status == 426;
    }
    my $clear = $edges{$name}->($server->{port}, lines => $states{$name});
    my $socket = connect_to($clear);
    print $socket join "\r\n", 'GET /endpoint HTTP/1.1', 'Host: localhost', 'X-TLS-Version: TLSv1.3',
      'X-Forwarded-Proto: https', 'Connection: close', '', '';
    is json_of(answer_from($socket))->{reason}, 'tls-missing', "$name, a client in clear";
}
$server->stop;
end_programs();

done_testing;
