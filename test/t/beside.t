# Beside other modules: with all that Debian has loaded at the same time, with each of the third-party ones
# alone, and the manual's section on what refuses first, row by row. It is not run with the others, as it
# needs dozens of packages: make -f apxs.mk beside.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Modules;
use Ports;
use Server;
use Tunnel;
use Wait;
use Wire;

local $SIG{PIPE} = 'IGNORE';

my $listener = backend();
my $port     = $listener->sockport;
my $beats    = free_port();
my $conf     = Apache::Test::vars('t_conf');
my $there    = modules_there();

# What a module needs so that httpd starts with it, and leaves alone what nothing was said of.
my %needs = (
    auth_cas      => "CASCookiePath \${HOME_OF_TEST}/\nCASLoginURL https://127.0.0.1/login\n"
      . 'CASValidateURL https://127.0.0.1/validate',
    authn_yubikey => 'AuthYubiKeyRequireSecure off',    # else it answers what is not encrypted
    evasive20     => "DOSPageCount 100000\nDOSSiteCount 100000",         # else it refuses the third request
    heartbeat     => "HeartbeatAddress 127.0.0.1:$beats",
    jk            => "JkLogFile jk.log\nJkShmFile jk.shm",
    passenger     => "PassengerRoot /usr/lib/ruby/vendor_ruby/phusion_passenger/locations.ini\n"
      . "PassengerDefaultRuby /usr/bin/ruby\nPassengerInstanceRegistryDir \${HOME_OF_TEST}\n"
      . "PassengerDisableAnonymousTelemetry on\nPassengerDisableSecurityUpdateCheck on",
);

# Not loaded together with all the others, and why; each is still tried alone.
my %apart = (
    'php8.2' => 'needs the prefork MPM',
    python   => 'mod_wsgi does not start beside it',
);

# Not loaded at all: children crash in them when they end, with nothing else loaded too. Here they may be from
# elsewhere.
delete @$there{qw(log_sql log_sql_dbi log_sql_mysql log_sql_ssl)};

# What has to be there for a module to be loaded alone.
my %with = (
    authz_svn     => [qw(dav dav_svn)],
    dav_svn       => ['dav'],
    vhost_ldap    => ['ldap'],
);

# ---- a server, and what is asked of it

my @base = qw(authz_core alias dir mime ssl socache_shmcb http2 proxy proxy_http);

sub configuration {
    my ($tls, $more) = @_;
    return <<"CONF";
StartServers 1
ServerLimit 32
<IfModule !mpm_prefork_module>
    ThreadsPerChild 8
    MinSpareThreads 8
    MaxRequestWorkers 64
</IfModule>
TypesConfig /dev/null
Listen 127.0.0.1:$tls
Protocols h2 h2c http/1.1
H2WebSockets on
<VirtualHost 127.0.0.1:$tls>
    SSLEngine on
    SSLCertificateFile $conf/server.crt
    SSLCertificateKeyFile $conf/server.key
</VirtualHost>
UpgradeFloor HTTP/1.1
<Location /tls>
    UpgradeRequire TLS
</Location>
<Location /redirect>
    UpgradeRequire TLS
    UpgradeRedirect temporary
</Location>
ProxyPass /thread http://127.0.0.1:$port
ProxyPass /event http://127.0.0.1:$port
<LocationMatch "^/(thread|event)">
    UpgradeRequire WebSocket
</LocationMatch>
<Location /event>
    UpgradeTunnel event
</Location>
<Location /status>
    SetHandler upgrade-status
</Location>
Alias /tls $FindBin::Bin/htdocs/endpoint
$more
CONF
}

# A server of these modules, started. Options: those of Server, and more => lines of its configuration
sub server_of {
    my ($names, %option) = @_;
    my %name = map { $_ => 1 } @base, map { ($_, @{ $with{$_} || [] }) } @$names;
    my $modules = [map { $there->{$_} or die "no mod_$_" } sort keys %name];
    my $tls    = free_port();
    my $server = Server->new(modules => [], load => [load_lines(@$modules)], helper => 1, %option);
    $server->{tls} = $tls;
    my $needs = join "\n", map { $needs{$_} // () } grep { !$option{$_} } sort keys %name;
    return $server->configure("Define HOME_OF_TEST $server->{folder}\n" . configuration($tls, "$needs\n"
        . ($option{more} // '')));
}

my %secure = (SSL_verify_mode => 0, SSL_hostname => 'localhost');

# What a client of each kind gets.
sub statuses {
    my ($server) = @_;
    my $tls = sub {
        my $request = "GET $_[0] HTTP/1.1\r\nHost: localhost\r\n\r\n";
        return ask($server->{tls}, $request, tls => \%secure)->{status};
    };
    my $two = sub { h2($server->{tls}, $_[0], tls => 1)->{status} };
    return {
        'the floor, clear'       => $server->ask('GET /endpoint HTTP/1.0')->{status},
        'a route, clear'         => get($server->{port}, '/event')->{status},
        'a route that wants TLS' => get($server->{port}, '/tls')->{status},
        'a redirect to TLS'      => get($server->{port}, '/redirect')->{status},
        'allowed, clear'         => get($server->{port}, '/endpoint')->{status},
        'a route, TLS'           => $tls->('/event'),
        'allowed, TLS'           => $tls->('/tls'),
        $server->{mpm} eq 'prefork' ? () : (
            'a route, HTTP/2' => $two->('/event'),
            'allowed, HTTP/2' => $two->('/tls'),
        ),
    };
}

my $expected = {
    'the floor, clear' => 426, 'a route, clear' => 426, 'a route that wants TLS' => 426,
    'a redirect to TLS' => 307, 'allowed, clear' => 200, 'a route, TLS' => 426, 'allowed, TLS' => 200,
    'a route, HTTP/2' => 426, 'allowed, HTTP/2' => 200,
};

# prefork has no HTTP/2 over TLS.
my $expected_of_prefork = { map { $_ => $expected->{$_} } grep { !/HTTP\/2/ } keys %$expected };

# A tunnel of each kind, a message each way, and its end.
sub tunnels {
    my ($server, $what) = @_;
    my %kind = (
        'thread'           => [path => '/thread'],
        'event'            => [path => '/event'],
        'thread, TLS'      => [path => '/thread', port => $server->{tls}, tls => \%secure],
        'event, TLS'       => [path => '/event', port => $server->{tls}, tls => \%secure],
        'extended CONNECT' => [path => '/event', h2 => 1],
    );
    my $event = $server->{mpm} eq 'event' ? 2 : 0;
    for my $kind (sort keys %kind) {
        my ($client, $backend) = eval { open_tunnel($server, $listener, @{ $kind{$kind} }) }
          or do { fail "$what: a tunnel, $kind: $@"; next };
        alive($client, $backend, "$what: a tunnel, $kind");
        close $client;
        ended($backend);
        close $backend;
    }
    my $books;
    eventually(sub { ($books = tunnels_of($server))->{open} == 0 });
    is_deeply [@$books{qw(open all_ended)}, $books->{by}], [0, 5, { event => $event, thread => 5 - $event }],
      "$what: the counters say the same";
    return;
}

# What a child says that died, and what httpd says when it gives up.
sub quiet {
    my ($server, $what) = @_;
    my @bad = grep { /exit signal|AH0005[12]|[Aa]ssertion|:(?:emerg|alert)\]/ } split /\n/, $server->log;
    return is "@bad", '', "$what: no child died";
}

# ---- all together

my @together = grep { !$apart{$_} } sort keys %$there;
{
    my $what = 'all ' . @together . ' modules';
    diag "$what; third-party: " . join ' ', grep { !is_stock($there->{$_}) } @together;
    my $server = server_of(\@together)->start;
    is_deeply statuses($server), $expected, "$what: each client gets what it shall";
    tunnels($server, $what);
    my @kept;
    for my $reload (1 .. 10) {
        push @kept, [open_tunnel($server, $listener, path => '/event')];
        $server->graceful;
    }
    alive(@$_[0, 1], "$what: a tunnel goes on over reloads") for @kept;
    is_deeply statuses($server), $expected, "$what: after the reloads, too";
    close $_->[0] for @kept;
    ok eventually(sub { tunnels_of($server)->{open} == 0 }), "$what: all tunnels have ended";
    is tunnels_of($server)->{all_ended}, 15, "$what: and all are counted";
    $server->stop->finish;
    quiet($server, $what);
}

# ---- what refuses first

my $section = do {
    open my $file, '<', "$ENV{UPGRADE_TEST_TOP}/mod_upgrade_required/manual.md" or die $!;
    local $/;
    <$file> =~ /^## Beside other modules\n(.*?)^## /ms ? $1 : die 'the manual has no such section';
};

# What is in the first column => its modules, its lines for a LocationMatch around all that is asked for,
# those outside, what a path needs so that it refuses, how often it has to be asked.
my %other = (
    'mod_security2, phase 1' => {
        modules => [qw(unique_id security2)],
        outside => "SecRuleEngine On\nSecRule ARGS_GET:no \"\@streq 1\" \"id:1,phase:1,deny,status:403\"",
        query   => '?no=1',
    },
    'mod_security2, phase 2' => {
        modules => [qw(unique_id security2)],
        outside => "SecRuleEngine On\nSecRule ARGS_GET:no \"\@streq 1\" \"id:1,phase:2,deny,status:403\"",
        query   => '?no=1',
    },
    'mod_qos, `QS_DenyPath`' => { modules => ['qos'], lines => 'QS_DenyPath +all deny .*' },
    'mod_evasive'            => {
        modules => ['evasive20'], outside => "DOSPageCount 1\nDOSPageInterval 3600", times => 4,
    },
    'mod_auth_openidc' => {
        modules => [qw(authn_core authz_user auth_openidc)],
        lines   => "AuthType openid-connect\nRequire valid-user",
        outside => join("\n", 'OIDCProviderIssuer https://127.0.0.1/op', 'OIDCClientID me',
            'OIDCProviderAuthorizationEndpoint https://127.0.0.1/op/auth', 'OIDCCryptoPassphrase secret',
            'OIDCProviderTokenEndpoint https://127.0.0.1/op/token', 'OIDCRedirectURI http://localhost/back'),
    },
    'mod_auth_cas' => {
        modules => [qw(authn_core authz_user auth_cas)], lines => "AuthType CAS\nRequire valid-user",
    },
    '`Require all denied`' => { modules => [], lines => 'Require all denied' },
    'mod_md, `MDRequireHttps temporary`' => { modules => ['md'], https => 'temporary' },
    'mod_md, `MDRequireHttps permanent`' => { modules => ['md'], https => 'permanent' },
);

# Rows: the other module, its status, its line of the log, and who answers at the floor, at a route that
# requires TLS, and at one that requires a WebSocket.
my %said;
for my $row ($section =~ /^\|(.*\|.*\|.*\|.*\|.*\|.*)\|$/mg) {
    my ($name, $status, $log, @first) = map { s/^ +| +$//gr } split /\|/, $row;
    $said{$name} = { status => $status, log => $log =~ s/`//gr, first => \@first } if $status =~ /^\d+$/;
}
is_deeply [sort keys %said], [sort keys %other], 'what refuses first: the rows of the manual are those here';

for my $name (sort keys %other) {
    my $case   = $other{$name};
    my $row    = $said{$name} || next;
    my $clear  = free_port();
    my $more   = $case->{outside} // '';
    $more .= "\n<LocationMatch \"^/[a-z]+/other\">\n$case->{lines}\n</LocationMatch>" if $case->{lines};
    $more .= <<"CONF" if $case->{https};
Listen 127.0.0.1:$clear
<VirtualHost 127.0.0.1:$clear>
    ServerName localhost
    UpgradeRedirect permanent
</VirtualHost>
<MDomain localhost>
    MDRequireHttps $case->{https}
    MDRenewMode manual
    MDMembers manual
    MDCertificateFile $conf/server.crt
    MDCertificateKeyFile $conf/server.key
</MDomain>
CONF
    my $server = server_of($case->{modules}, more => $more, evasive20 => 1);
    $server->start;
    my $to = $case->{https} ? $clear : $server->{port};
    for my $number (0 .. 2) {
        my $where   = ('floor', 'TLS', 'WebSocket')[$number];
        my ($path, $version) = @{ [['/first', '1.0'], ['/tls', '1.1'], ['/event', '1.1']]->[$number] };
        my $target  = "$path/other" . ($case->{query} // '');
        my $request = "GET $target HTTP/$version\r\nHost: localhost\r\nAccept: text/html\r\n\r\n";
        my $status;
        $status = ask($to, $request)->{status} for 1 .. $case->{times} || 1;
        my $ours = $where eq 'TLS' && $case->{https} ? 308 : 426;
        is $status, $row->{first}[$number] eq 'this module' ? $ours : $row->{status}, "first: $name: $where";
    }
    like $server->log, qr/\Q$row->{log}\E/, "first: $name: its line of the log" if $row->{log};
    $server->stop;
}

# ---- what else the section says of them

{
    my $case = $other{mod_auth_openidc};
    my $more = "$case->{outside}\n<LocationMatch \"^/[a-z]+/other\">\n$case->{lines}\n</LocationMatch>";
    my $server = server_of($case->{modules}, more => $more)->start;
    is $server->ask('GET /event/other HTTP/1.1', 'Accept: application/json')->{status}, 401,
      'mod_auth_openidc: who takes no HTML';
    $server->stop;
}
{
    my $server = server_of(['authn_yubikey'], authn_yubikey => 1)->start;
    my $answer = $server->ask('GET /endpoint HTTP/1.1');
    is $answer->{status}, 200, 'mod_authn_yubikey: as it comes';
    like $answer->{body}, qr/<html/i, 'mod_authn_yubikey: a page of its own';
    $server->stop;
}

# ---- each of the others alone

for my $name (grep { !is_stock($there->{$_}) } sort keys %$there) {
    my $what   = "mod_$name";
    my $server = server_of([$name], mpm => ($apart{$name} // '') =~ /prefork/ ? 'prefork' : 'event');
    if (!eval { $server->start }) {
        fail "$what: httpd starts: $@";
        next;
    }
    my $expected = $server->{mpm} eq 'prefork' ? $expected_of_prefork : $expected;
    is_deeply statuses($server), $expected, "$what: each client gets what it shall";
    tunnels($server, $what);
    $server->stop->finish;
    quiet($server, $what);
}

done_testing;
