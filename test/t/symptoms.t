# The manual's section "My WebSocket does not connect", row by row, as the manual has it: an arrangement shows
# the symptom, the line of the log and the metric; with the lines of the last column it is gone.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use FindBin;
use lib "$FindBin::Bin/lib";
use Ports;
use Front;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port = $listener->sockport;
my $nobody = free_port();

# ---- what the manual says

my $section = do {
    open my $file, '<', "$ENV{UPGRADE_TEST_TOP}/mod_upgrade_required/manual.md" or die $!;
    local $/;
    <$file> =~ /^## My WebSocket does not connect\n(.*?)^## /ms ? $1 : die 'the manual has no such section';
};

sub spans { return $_[0] =~ /`([^`]+)`/g }

# Its rows: the words of the column "log" => { symptom, metric, remedy }
my %row;
for my $line ($section =~ /^\|(.*\|.*\|.*\|.*)\|$/mg) {
    my ($symptom, undef, $log, $metric, $remedy) = map { s/^ +| +$//gr } split /\|/, $line;
    next if $log eq 'log' || $log =~ /^-+$/;
    my $key = join ' ', spans($log);
    die "two rows have the log $key" if $row{$key};
    $row{$key} = { symptom => $symptom, metric => [spans($metric)], remedy => [spans($remedy)] };
}
my ($debug) = $section =~ /^```apache\n(.*?)^```/ms or die 'no lines for the log';
my ($curl)  = $section =~ /^```sh\n(curl .*)\n```/m or die 'no handshake with curl';

# ---- what is wrong: the lines of a configuration, with a place for the remedy

my $pass = 'ProxyPass "/chat" "http://127.0.0.1:8080/chat"';
my $kept = "<Location \"/chat\">\nUpgradeKeep WebSocket\n#here\n</Location>\n";
my $size = "ThreadsPerChild 4\nThreadLimit 4\nMaxRequestWorkers 4\nServerLimit 4\n";
my $map  = 'map $http_upgrade $connection_upgrade { default upgrade; "" close; }';
my $page = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

sub refusal {
    my ($status, @lines) = @_;
    return join "\r\n", "HTTP/1.1 $status No", @lines, 'Content-Length: 0', '', '';
}

# Backends: a head that arrives, and what they answer
sub only_with_upgrade { return $_[0] =~ /^Upgrade: websocket\r/mi ? switching() : $page }
sub only_for_path {
    my ($path, $no) = @_;
    return sub { $_[0] =~ m{^GET \Q$path\E HTTP} ? switching() : $no };
}
sub same_origin {
    my ($origin) = $_[0] =~ m{^Origin: https?://(\S+)\r}mi;
    my ($host) = $_[0] =~ /^Host: (\S+)\r/mi;
    return $origin eq $host ? switching() : refusal(403);
}

# Sends these bytes, and waits until they have arrived.
sub says { my ($from, $to, $bytes) = @_; syswrite $from, $bytes; receive($to, length $bytes); return }

# One side goes, and the other one stays until it has noticed.
sub goes { my ($gone, $stays) = @_; close $gone; ended($stays); close $stays; return }

# The key of a row => what is arranged:
#   wrong    the configuration; the remedy replaces its directive there, or takes the place of "#here"
#   backend  what answers the handshake; undef: nothing does, 0: it closes. mended_backend: with the remedy
#   lines    more headers of the client;  front: the wrong lines of an nginx, which is in front of the server
#   before   what happens before the handshake, shows: what happens after the 101, until the symptom is there
#   mended   how it is seen that it is gone; by default the handshake gets 101
#   no_remedy  why the remedy cannot be tried
my %case = (
    'UR0032' => { wrong => "$pass\n<Location /chat>\n#here\n</Location>", backend => \&only_with_upgrade },
    'UR0028 302' => {
        wrong   => "$pass\n$kept" =~ s{8080/chat}{8080/chat/}r,
        backend => only_for_path('/chat', refusal(302, 'Location: /chat')),
    },
    'UR0003 websocket-subprotocol' => {
        wrong => "$pass\n$kept" =~ s/#here/UpgradeWebSocketProtocol v1/r,
        lines => ['Sec-WebSocket-Protocol: chat'],
    },
    'UR0003 websocket-key' => {
        wrong     => "$pass\n$kept",
        handshake => [map { s/^(Sec-WebSocket-Key): .*/$1: short/r } handshake()],
        no_remedy => 'it is in the client',
    },
    'UR0028 403' => {
        wrong => "$pass\n$kept#here\n", backend => \&same_origin, lines => ['Origin: http://localhost'],
    },
    'UR0003 websocket-origin' => {
        wrong => "$pass\n$kept" =~ s/#here/UpgradeWebSocketOrigin same/r,
        lines => ['Origin: https://app.example.com'],
    },
    'UR0028 404' => {
        wrong => "$pass\n$kept" =~ s{8080/chat}{8080/}r, backend => only_for_path('/chat', refusal(404)),
    },
    'UR0003 websocket-stripped' => { wrong => "$pass\n$kept", front => 'proxy_http_version 1.1;' },
    'UR0003 websocket-http-version' => {
        wrong => "$pass\n$kept",
        front => 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;',
    },
    'UR0003 tls-missing' => {
        wrong     => "$pass\n$kept" =~ s/#here/UpgradeRequire TLS WebSocket/r,
        no_remedy => 'it is in the page',
    },
    'UR0006' => { wrong => "#here\n$pass\n$kept", modules => [qw(authz_core proxy)] },
    'UR0007' => {
        wrong => "$pass\n$kept", backend => sub { switching('x') }, no_remedy => 'it is in the backend',
    },
    'AH01102' => { wrong => "$pass\n$kept", backend => sub { 0 }, no_remedy => 'it is in the backend' },
    'AH00957' => { wrong => "$pass\n$kept" =~ s/8080/$nobody/r },
    'UR0012' => {
        wrong => "${size}AsyncRequestWorkerFactor 1\n$pass\n$kept" =~ s/#here/UpgradeTunnel event/r,
        before => sub { return map { [open_tunnel($_[0], $listener, path => '/chat')] } 1 .. 4 },
    },
    'UR0003 tunnel-limit' => {
        wrong  => "$pass\n$kept" =~ s/#here/UpgradeTunnelPerClient 1\n#here/r,
        before => sub { return [open_tunnel($_[0], $listener, path => '/chat')] },
    },
    'UR0025' => {
        wrong  => "$size$pass\n$kept",
        # A thread that waits for it, and one of the other three: half of them
        before => sub { return [asking($_[0], '/chat'), asked($listener)] },
        mended => sub {
            my ($server, $case, @hang) = @_;
            is status_from($_->[0]), 504, 'UR0025: one that hangs is given up' for @hang;
            is try_handshake($server, $case), 101, 'UR0025: and then there is a place';
        },
    },
    'UR0031' => {
        wrong => "$pass\n$kept" =~ s/#here/SetEnv proxy-upgrade-wait 1/r, backend => sub { undef },
        # Too short, and the test would only see less
        mended_backend => sub { sleep 1.2; return switching() },
    },
    'UR0026' => {
        wrong => "$pass\n$kept" . 'CustomLog access_log "%>s"', no_remedy => 'it is in the client',
        ask => sub {
            my ($server) = @_;
            my ($client, $backend) = (asking($server, '/chat'), asked($listener));
            close $client;
            ended($backend);
            eventually(sub { $server->file('access_log') =~ /^499$/m }) or die 'no 499 is logged';
            return 499;
        },
    },
    'UR0030 client, 0 bytes from the backend' => {
        wrong => "$pass\n$kept", no_remedy => 'it is in the application',
        shows => sub { my (undef, $c, $b) = @_; says($c, $b, masked('up')); goes($c, $b) },
    },
    'UR0030 Close first from backend' => {
        wrong => "$pass\n$kept", no_remedy => 'it is in the application',
        shows => sub { my (undef, $c, $b) = @_; says($b, $c, close_frame(4321)); goes($b, $c) },
    },
    'UR0030 tunnel ended: timeout' => {
        wrong => "Timeout 1\n$pass timeout=1\n$kept",
        shows => sub { my (undef, $c, $b) = @_; ended($c); close $_ for $c, $b },
        mended => sub {
            my ($server, $case) = @_;
            is try_handshake($server, $case), 101, 'timeout: 101';
            like $server->log, qr/UR0029: .*idle timeout 3600 seconds/, 'timeout: it is longer';
        },
    },
    'UR0030 tunnel ended: client' => {
        wrong => "$pass\n$kept",
        front => 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;'
          . ' proxy_set_header Connection $connection_upgrade; proxy_read_timeout 1s;',
        shows => sub { my (undef, $c, $b) = @_; ended($b); close $_ for $c, $b },
        mended => sub {
            my ($server, $case) = @_;
            my ($client, $backend) = open_tunnel($server, $listener, path => '/chat', port => $case->{port});
            sleep 1.2;    # longer than it took before; too short, and the test would only see less
            alive($client, $backend, 'client: it goes on');
            close $_ for $client, $backend;
        },
    },
    'UR0030 tunnel ended: drained' => {
        wrong => "UpgradeTunnelDrain 1\n$pass\n$kept" =~ s/#here/UpgradeTunnel event/r,
        shows => sub {
            my ($server, $c, $b) = @_;
            $server->graceful;
            is receive($c, 4), close_frame(1001), 'drained: 1001';
            close $_ for $c, $b;
        },
        mended => sub {
            my ($server) = @_;
            my ($client, $backend) = open_tunnel($server, $listener, path => '/chat');
            $server->graceful;
            alive($client, $backend, 'drained: it goes on after a reload');
            close $_ for $client, $backend;
        },
    },
    'UR0018' => {
        wrong => "$pass\n$kept" =~ s/#here/UpgradeTunnel event/r, no_remedy => 'it is somewhere else',
        shows => sub {
            my ($server, $c, $b) = @_;
            my ($child) = map { $_->{pid} } grep { $_->{event} } @{ tunnels_of($server)->{children} };
            $server->kill_child($child);
            ended($c);
            close $_ for $c, $b;
        },
    },
    'UR0027 UpgradeTunnel thread' => {
        wrong => "$pass\n$kept",
        shows => sub { my (undef, $c, $b) = @_; goes($c, $b) },
        mended => sub {
            my ($server, $case) = @_;
            is try_handshake($server, $case), 101, 'thread: 101';
            is tunnels_of($server)->{by}{event}, 1, 'thread: it is an event tunnel';
        },
    },
);
is_deeply [sort keys %case], [sort keys %row], 'each row of the manual has a case';

# ---- how it is tried

# Directives of the remedy take the place of those that are wrong.
sub mended {
    my ($wrong, @remedy) = @_;
    for my $line (@remedy) {
        my ($directive) = split ' ', $line;
        $wrong =~ s/^\Q$directive\E .*$/$line/m or $wrong =~ s/#here/$line/ or die "no place for $line";
    }
    return $wrong;
}

# What the manual calls by example names
sub real {
    my ($text) = @_;
    my $libexec = Server::libexec();
    return $text =~ s/127\.0\.0\.1:8080/127.0.0.1:$port/gr =~ s{ modules/}{ $libexec/}gr;
}

sub started {
    my ($case, $text) = @_;
    my $modules = $case->{modules} || [qw(authz_core alias dir env proxy proxy_http)];
    my $server = Server->new(modules => $modules, helper => 1);
    return $server->configure(real(<<"END"))->start;
LogLevel warn
$text
$debug
<Location /status>
SetHandler upgrade-status
</Location>
END
}

sub status_from { my ($client) = @_; return head_from($client) =~ m{^HTTP/1\.1 (\d+)} ? $1 : 'none' }

# (status, client, backend)
sub try_handshake {
    my ($server, $case) = @_;
    my $client = connect_to($case->{port} || $server->{port});
    my @handshake = $case->{handshake} ? @{ $case->{handshake} } : handshake();
    print $client join "\r\n", 'GET /chat HTTP/1.1', 'Host: localhost', @handshake,
      @{ $case->{lines} || [] }, '', '';
    my ($first) = IO::Select->new($client, $listener)->can_read(Wire::LIMIT) or die 'nothing happens';
    my $backend;
    if ($first == $listener) {
        $backend = $listener->accept or die $!;
        my $bytes = ($case->{backend} || sub { switching() })->(head_from($backend));
        syswrite $backend, $bytes if $bytes;
        close $backend if defined $bytes && !$bytes;
    }
    my $status = status_from($client);
    return wantarray ? ($status, $client, $backend) : $status;
}

# Whether one line of the log has all these words
sub logged_line {
    my ($server, $key) = @_;
    my ($tag, $words) = split ' ', $key, 2;
    return scalar grep { /\b$tag\b/ && index($_, $words // '') >= 0 } split /\n/, $server->log;
}

sub counted {
    my ($server, $metric) = @_;
    my ($name, $label) = $metric =~ /^(\w+)\{(.*)\}$/ or die "no metric: $metric";
    my $metrics = $server->ask('GET /status?format=prometheus HTTP/1.1')->{body};
    return $metrics =~ /^$name\{(?:[^}]*,)?\Q$label\E(?:,[^}]*)?\} [1-9]/m;
}

for my $key (sort keys %case) {
    my $case = $case{$key};
    my $row  = $row{$key} or next;
    my ($status) = $row->{symptom} =~ /\b(\d{3})\b/;
    $status = 101 if $case->{shows};
    my $server = started($case, $case->{wrong});
    $case->{port} = nginx($server->{port}, lines => $case->{front}, http => $map) if $case->{front};
    my @before = $case->{before} ? $case->{before}->($server) : ();
    my ($got, @open) = $case->{ask} ? $case->{ask}->($server) : try_handshake($server, $case);
    is $got, $status, "$key: the symptom: $row->{symptom}";
    $case->{shows}->($server, @open) if $case->{shows};
    ok eventually(sub { logged_line($server, $key) }), "$key: the line";
    for my $metric (@{ $row->{metric} }) {
        ok eventually(sub { counted($server, $metric) }), "$key: $metric";
    }
    $server->stop;
    next if $case->{no_remedy};

    # A front is mended itself; otherwise the server.
    my @remedy = @{ $row->{remedy} };
    cmp_ok scalar @remedy, '>', 0, "$key: there is a remedy";
    my @front = grep { /;$/ } @remedy;
    $server = started($case, mended($case->{wrong}, grep { !/;$/ && $_ ne 'map' } @remedy));
    if (@front) {
        my $wrong = $case->{front};
        $wrong =~ s/\Q$_\E [^;]*;// for map { (split)[0] } grep { !/^proxy_set_header/ } @front;
        $case->{port} = nginx($server->{port}, lines => "$wrong @front", http => $map);
    }
    $case->{backend} = $case->{mended_backend} if $case->{mended_backend};
    @before = $case->{before} ? $case->{before}->($server) : ();
    if ($case->{mended}) { $case->{mended}->($server, $case, @before) }
    else { is scalar try_handshake($server, $case), 101, "$key: @remedy: it connects" }
    $server->stop;
}

# ---- the handshake with curl
{
    my $server = started({}, "$pass\n$kept");
    my $command = $curl =~ s{"https://www\.example\.com/chat"}{http://127.0.0.1:$server->{port}/chat}r;
    open my $output, '-|', "$command 2>/dev/null" or die $!;
    my $backend = asked($listener);
    syswrite $backend, switching();
    close $backend;    # until then curl shows nothing
    like scalar <$output>, qr{^HTTP/1\.1 101 }, 'the handshake with curl';
    close $output;
    $server->stop;
}

# ---- what UR0027 says

{
    open my $file, '<', "$ENV{UPGRADE_TEST_TOP}/mod_upgrade_required/wstunnel/tunnel/no_event.def" or die $!;
    my @sentences = join('', <$file>) =~ /^UR_NO_EVENT_ROW\(\w+,\s*"([^"]*)"\)$/mg;
    my ($table) = $section =~ /^\| the line says \|.*\n\|[-|]+\|\n((?:\|.*\n)+)/m or die 'no table of causes';
    is_deeply [$table =~ /^\| (.*?) \|/mg], \@sentences, 'the manual has each cause, as the log says it';
}

done_testing;
