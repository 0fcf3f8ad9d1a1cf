# Real proxies in front: nginx, HAProxy, another httpd. Handshakes that lose their Upgrade there
# are told, the lines of the hint mend it, and what they state of their clients is understood.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::SSL;
use POSIX ();
use Server;
use Wire;

my $conf = Apache::Test::vars('t_conf');
my $folder = Apache::Test::vars('t_logs') . "/edges$$";
mkdir $folder or die $!;
chmod 0777, $folder;

sub program {
    my ($name) = @_;
    my ($found) = grep { -x } map { "$_/$name" } split(/:/, $ENV{PATH}), '/usr/sbin';
    return $found;
}
sub free_port { return IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)->sockport }

my %running;
sub run {
    my (@command) = @_;
    my $pid = fork // die $!;
    if (!$pid) {
        open STDOUT, '>', "$folder/log";
        open STDERR, '>&', \*STDOUT;
        exec @command or POSIX::_exit(1);
    }
    return $running{$pid} = $pid;
}
sub end_all {
    kill TERM => keys %running;
    waitpid $_, 0 for keys %running;
    %running = ();
    return;
}
END { local $?; end_all() }

sub write_file {
    my ($name, $text) = @_;
    open my $file, '>', "$folder/$name" or die $!;
    print $file $text;
    close $file or die $!;
    return "$folder/$name";
}

# Starts nginx or HAProxy in front of a port, with these lines where it proxies; the port.
sub nginx {
    my ($to, $lines, $secure) = @_;
    my $port = free_port();
    my $tls = $secure ? "ssl_certificate $conf/server.crt; ssl_certificate_key $conf/server.key; ssl_protocols TLSv1.2 TLSv1.3;" : '';
    my $listen = $secure ? "127.0.0.1:$port ssl http2" : "127.0.0.1:$port";
    my $temporary = join '', map { "${_}_temp_path $folder/$_; " } qw(client_body proxy fastcgi uwsgi scgi);
    my $file = write_file("nginx$port.conf", "daemon off; pid $folder/nginx$port.pid; error_log $folder/nginx.log; events {}\n"
        . "http { access_log off; $temporary server { listen $listen; $tls location / { proxy_pass http://127.0.0.1:$to; $lines } } }\n");
    run(program('nginx'), '-p', $folder, '-e', "$folder/nginx.log", '-c', $file);
    return await($port);
}
sub haproxy {
    my ($to, $lines, $secure) = @_;
    my $port = free_port();
    write_file('both.pem', join '', map { local (@ARGV, $/) = "$conf/$_"; <> } 'server.crt', 'server.key') if $secure;
    my $bind = "bind 127.0.0.1:$port" . ($secure ? " ssl crt $folder/both.pem alpn h2,http/1.1 ssl-min-ver TLSv1.2" : '');
    my $file = write_file("haproxy$port.cfg", join "\n", 'defaults', 'mode http', 'timeout connect 60s', 'timeout client 60s', 'timeout server 60s', 'timeout tunnel 60s',
        'frontend f', $bind, (split /; /, $lines), 'default_backend b', 'backend b', "server s 127.0.0.1:$to", '');
    run(program('haproxy'), '-db', '-f', $file);
    return await($port);
}

# Until it takes connections: it has to.
sub await {
    my ($port) = @_;
    for (1 .. Wire::LIMIT * 20) {
        return $port if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        select undef, undef, undef, 0.05;
    }
    die "nothing listens on $port: " . do { local (@ARGV, $/) = "$folder/log"; <> };
}

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
my ($nginx_lines) = $hint =~ /^nginx: (.*)$/m or die $hint;
my ($httpd_line) = $hint =~ /^httpd 2\.4\.47 or later: (.*)$/m or die $hint;
like $hint, qr/^HAProxy: mode http, without option httpclose and without http-request del-header for Upgrade or Connection$/m, 'the hint for HAProxy is the one that is tried here';

my $to = port_of('chat_clear');
my %edges = (nginx => \&nginx, haproxy => \&haproxy);
for my $case (
    ['nginx', 'as it comes', '', 426], ['nginx', 'with the lines of the hint', $nginx_lines, 101],
    ['haproxy', 'as it comes', '', 101], ['haproxy', 'with Upgrade deleted', 'http-request del-header Upgrade', 426],
) {
    my ($name, $how, $lines, $status) = @$case;
  SKIP: {
        skip "$name is not installed", 1 unless program($name);
        my $answer = shake($edges{$name}->($to, $lines));
        is $answer->{status}, $status, "$name $how: status";
        if ($status == 101) {
            is $answer->{frame}, "\x81\x05hello", "$name $how: an echo";
        }
        else {
            is json_of($answer)->{reason}, 'websocket-stripped', "$name $how: the reason";
            ok grep({ $_ eq 'Sec-WebSocket-Key' } @{ json_of($answer)->{evidence} }), "$name $how: the evidence";
        }
    }
}
for my $case (['as it comes', 426], ['with the line of the hint', 101]) {
    my ($how, $status) = @$case;
    my $line = $httpd_line =~ s{/path http://this-server/path}{/chat http://127.0.0.1:$to/chat}r;
    $line =~ s/ upgrade=websocket// or die $line if $status == 426;
    my $edge = Server->new(modules => [qw(authz_core proxy proxy_http)], policy => 0)->configure($line)->start;
    my $answer = shake($edge->{port});
    is $answer->{status}, $status, "another httpd $how: status";
    is json_of($answer)->{reason}, 'websocket-stripped', "another httpd $how: the reason" if $status == 426;
    is_deeply [grep { /^X-Forwarded/ } @{ json_of($answer)->{evidence} }], [qw(X-Forwarded-For X-Forwarded-Host X-Forwarded-Server)], "another httpd $how: the evidence" if $status == 426;
    $edge->stop;
}

# What they state of their clients, as the manual has it for nginx
my $server = Server->new(modules => [qw(authz_core alias)])
  ->configure("UpgradeFloor TLS/1.3 HTTP/1.1\nUpgradeTrustedProxy 127.0.0.1 tls=X-TLS-Version http=X-HTTP-Version scheme=X-Forwarded-Proto")->start;
my %states = (
    nginx => 'proxy_set_header X-TLS-Version $ssl_protocol; proxy_set_header X-HTTP-Version $server_protocol; proxy_set_header X-Forwarded-Proto $scheme;',
    haproxy => 'http-request set-header X-TLS-Version %[ssl_fc_protocol]; http-request set-header X-HTTP-Version %[req.ver]; http-request set-header X-Forwarded-Proto https if { ssl_fc }; '
      . 'http-request set-header X-Forwarded-Proto http unless { ssl_fc }',
);
for my $name (sort keys %states) {
  SKIP: {
        skip "$name is not installed", 1 unless program($name);
        my $secure = $edges{$name}->($server->{port}, $states{$name}, 1);
        for my $case (['TLSv1_3', 200], ['TLSv1_2', 426]) {
            my ($version, $status) = @$case;
            # What the client says itself does not count.
            my $socket = connect_to($secure, SSL_verify_mode => 0, SSL_version => $version);
            print $socket "GET /endpoint HTTP/1.1\r\nHost: localhost\r\nX-TLS-Version: TLSv1.3\r\nX-HTTP-Version: 2\r\nConnection: close\r\n\r\n";
            my $answer = answer_from($socket);
            is $answer->{status}, $status, "$name, a client of $version: status";
            is_deeply json_of($answer)->{received}, { http => '1.1', tls => '1.2' }, "$name, a client of $version: what was received" if $status == 426;
        }
        my $clear = $edges{$name}->($server->{port}, $states{$name});
        my $socket = connect_to($clear);
        print $socket "GET /endpoint HTTP/1.1\r\nHost: localhost\r\nX-TLS-Version: TLSv1.3\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n";
        is json_of(answer_from($socket))->{reason}, 'tls-missing', "$name, a client in clear";
    }
}
$server->stop;
end_all();

done_testing;
